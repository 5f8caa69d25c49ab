import sharp from 'sharp';
import type { CleanSettings } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { extensionOf, type BitDepth, type ImageFormat } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { DecodedPage } from './decode.ts';
import type { OpenedImage } from './open.ts';

export interface EncodeOptions {
  readonly format: CleanSettings['format'];
  readonly quality: number;
  readonly bitDepth: CleanSettings['bitDepth'];
  readonly metadata: CleanSettings['metadata'];
  /** Text of the XMP mark by which our own results are known again. */
  readonly ownMark: string;
}

/** A finished file in memory, and what it holds, for `verifyEncoded`. */
export interface EncodedImage {
  readonly bytes: Buffer;
  readonly format: ImageFormat;
  readonly extension: string;
  readonly bitDepth: BitDepth;
  readonly width: number;
  readonly height: number;
  /** Colour channels in the file: WebP has no grey, so a grey picture comes back with 3. */
  readonly channels: 1 | 3;
  readonly pages: number;
  readonly notices: readonly Notice[];
}

/** Takes the pages of one picture as they are finished, so that a long stack is never whole in memory. */
export interface ImageWriter {
  /** Pages come in the order of the file. */
  add(page: DecodedPage): Promise<void>;
  finish(): Promise<EncodedImage>;
}

export function createWriter(image: OpenedImage, options: EncodeOptions): ImageWriter {
  const pages: DecodedPage[] = [];
  return {
    add: (page) => {
      pages.push(page);
      return Promise.resolve();
    },
    finish: () => encodeFirst(image, pages, options),
  };
}

export async function encodeImage(
  image: OpenedImage,
  pages: readonly DecodedPage[],
  options: EncodeOptions,
): Promise<EncodedImage> {
  const writer = createWriter(image, options);
  for (const page of pages) await writer.add(page);
  return writer.finish();
}

async function encodeFirst(
  image: OpenedImage,
  pages: readonly DecodedPage[],
  options: EncodeOptions,
): Promise<EncodedImage> {
  const { raster, alpha } = pages[0]!;
  const { width, height, channels, samples } = raster;
  const same = image.summary.format === 'gif' ? 'png' : image.summary.format;
  const format = options.format === 'same' ? same : options.format;
  let pipeline = sharp(samples, { raw: { width, height, channels } }).toColourspace(
    samples instanceof Uint16Array ? (channels === 1 ? 'grey16' : 'rgb16') : channels === 1 ? 'b-w' : 'srgb',
  );
  if (alpha)
    pipeline = pipeline.joinChannel(Buffer.from(alpha.samples.buffer), {
      raw: { width, height, channels: 1 },
    });
  const bytes = await pipeline
    .toFormat(format, { quality: options.quality, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const bitDepth = samples instanceof Uint16Array ? 16 : 8;
  return {
    bytes,
    format,
    extension: extensionOf[format],
    bitDepth,
    width,
    height,
    channels,
    pages: 1,
    notices: [],
  };
}

/** What a finished file must turn out to be when its header is read back. */
export interface ExpectedContent {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pages: number;
}

/** @throws AppError output-not-verified */
export async function verifyEncoded(bytes: Buffer, expected: ExpectedContent, file = ''): Promise<void> {
  const header = await sharp(bytes).metadata();
  if (header.width !== expected.width || header.height !== expected.height) {
    throw new AppError('output-not-verified', { file });
  }
}
