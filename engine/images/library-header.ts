import sharp from 'sharp';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { damaged } from './refusal.ts';

/** What the picture library says about a file whose container is not taken apart here (AVIF, GIF). */
export interface LibraryHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly alpha: boolean;
  readonly bits: number;
  readonly pages: number;
  /** Which page is the one to show. */
  readonly primary: number;
  readonly exif: Buffer | null;
  readonly xmp: Buffer | null;
  readonly icc: Buffer | null;
}

/** @throws Refusal image-damaged */
export async function libraryHeader(bytes: Buffer): Promise<LibraryHeader> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw damaged(libraryReason(cause), cause);
    });
  return {
    width: header.width,
    height: header.height,
    channels: header.channels < 3 ? 1 : 3,
    alpha: header.hasAlpha,
    bits: header.bitsPerSample ?? 8,
    pages: header.pages ?? 1,
    primary: header.pagePrimary ?? 0,
    exif: header.exif ?? null,
    xmp: header.xmp ?? null,
    icc: header.icc ?? null,
  };
}

/** The library's complaint, short enough for a sentence. It is only shown, never decided by. */
export function libraryReason(thrown: unknown): Phrase {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const lines = message.split('\n').map((line) => line.trim());
  const last = lines.filter((line) => line !== '').at(-1) ?? '';
  const plain = last.replace(/^(Input buffer has corrupt header:|VipsJpeg:|vipspng:|tiff2vips:)\s*/, '');
  return plain === ''
    ? phrase('damage-header-unread')
    : phrase('damage-decoder', { text: plain.slice(0, 160) });
}
