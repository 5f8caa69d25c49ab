import type { ImageSummary, SourceFormat } from './image.ts';

/** Bytes a pixel that the codecs of a format hold beside the samples, measured on 24 and 100 megapixels. */
const workingBytes: Readonly<Record<SourceFormat, number>> = {
  jpeg: 0.5,
  png: 0.5,
  tiff: 0.5,
  webp: 5,
  avif: 34,
  gif: 5,
};

/**
 * Bytes that reading, decoding and encoding of one page take at their highest, the denoised copy included,
 * the network's tiles not: the file, the result before and after its metadata is put around it, the page's
 * samples before and after, and what the codecs hold. `written` is the format of the result.
 */
export function foreseenMemory(summary: ImageSummary, written: SourceFormat = summary.format): number {
  const { width, height, channels, alpha, bitDepth, format, bytes } = summary;
  const pixels = width * height;
  const samples = pixels * (channels + (alpha ? 1 : 0)) * (bitDepth / 8);
  // Alpha is put back between the colours; deep pages come back in the values of their file.
  const copies = 2 + (alpha || bitDepth !== 8 ? 1 : 0);
  const working = Math.max(workingBytes[format], workingBytes[written]);
  return bytes * 3 + samples * copies + pixels * working;
}
