import type { EncodeOptions, EncodedImage } from '../../../engine/images/encode.ts';
import { createWriter, verifyEncoded } from '../../../engine/images/encode.ts';
import { decodePage, type DecodedPage } from '../../../engine/images/decode.ts';
import { openImage, type OpenedImage, type OpenOptions } from '../../../engine/images/open.ts';
import { pictureFile } from '../../fixtures/pictures.ts';

export const asSource: EncodeOptions = {
  format: 'same',
  quality: 95,
  bitDepth: 'same',
  metadata: 'all',
  ownMark: 'Unspeckle test',
};

export async function opened(bytes: Uint8Array, options: OpenOptions = {}): Promise<OpenedImage> {
  return await openImage(await pictureFile(bytes), options);
}

export async function decodedPages(image: OpenedImage): Promise<DecodedPage[]> {
  const pages: DecodedPage[] = [];
  for (let page = 0; page < image.summary.pages; page++) pages.push(await decodePage(image, page));
  return pages;
}

export interface RoundTrip {
  readonly image: OpenedImage;
  readonly before: readonly DecodedPage[];
  readonly encoded: EncodedImage;
  readonly again: OpenedImage;
  readonly after: readonly DecodedPage[];
}

/** Decodes, encodes without a change, checks the file as the product does, and decodes what came out. */
export async function roundTrip(
  bytes: Uint8Array,
  options: Partial<EncodeOptions> = {},
  openOptions: OpenOptions = {},
): Promise<RoundTrip> {
  const image = await opened(bytes, openOptions);
  const before = await decodedPages(image);
  const writer = createWriter(image, { ...asSource, ...options });
  for (const page of before) await writer.add(page);
  const encoded = await writer.finish();
  await verifyEncoded(encoded.bytes, encoded);
  const again = await opened(encoded.bytes);
  return { image, before, encoded, again, after: await decodedPages(again) };
}

/** What a batch would report for the picture. */
export function noticeCodes({ image, encoded }: Pick<RoundTrip, 'image' | 'encoded'>): string[] {
  return [...image.notices, ...encoded.notices].map(({ code }) => code);
}
