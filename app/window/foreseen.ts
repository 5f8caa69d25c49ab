import { extname } from 'node:path';
import type { CleanSettings } from '../../contract/clean.ts';
import type { ImageFormat, ImageSummary } from '../../contract/image.ts';
import { foreseenMemory } from '../../contract/image-memory.ts';

/** Bytes a sample that files of a format usually have, at the qualities people choose. */
const bytesPerSample: Readonly<Record<ImageFormat, number>> = {
  jpeg: 0.25,
  png: 0.7,
  tiff: 0.95,
  webp: 0.2,
  avif: 0.15,
};
/** Those that keep every value take more for 16 bits. */
const lossless: ReadonlySet<ImageFormat> = new Set(['png', 'tiff']);

/** Room for a larger file than the source: noise packs badly, but what replaces it may be written better. */
const sameFormatFactor = 1.1;

/** What the network, its libraries and the largest tiles take beside the picture itself, measured. */
const engineBytes = 900 * 2 ** 20;

/** Bytes the result will take, about. */
export function foreseenOutput(
  bytes: number,
  summary: ImageSummary | null,
  { format, bitDepth }: CleanSettings,
): number {
  if (!summary) return bytes * sameFormatFactor;
  const own: ImageFormat = summary.format === 'gif' ? 'png' : summary.format;
  const written = format === 'same' ? own : format;
  const depth = bitDepth === 'same' ? summary.bitDepth : bitDepth;
  if (written === summary.format && depth === summary.bitDepth) return bytes * sameFormatFactor;
  const samples =
    summary.width * summary.height * summary.pages * (summary.channels + (summary.alpha ? 1 : 0));
  const perSample = bytesPerSample[written] * (lossless.has(written) ? depth / 8 : 1);
  return samples * perSample;
}

/** Peak of the engine while it cleans a picture, about. */
export function foreseenPeak(summary: ImageSummary, { format }: CleanSettings): number {
  return engineBytes + foreseenMemory(summary, format === 'same' ? summary.format : format);
}

/** The extension a result gets, as far as it can be told before the picture is opened. */
export function expectedExtension(
  source: string,
  summary: ImageSummary | null,
  format: CleanSettings['format'],
): string {
  const own = extname(source).slice(1).toLowerCase();
  const written = format === 'same' ? summary?.format : format;
  if (written === undefined || (format === 'same' && written !== 'gif')) return own || 'png';
  return { jpeg: 'jpg', png: 'png', tiff: 'tif', webp: 'webp', avif: 'avif', gif: 'png' }[written];
}
