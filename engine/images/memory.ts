import type { ImageSummary } from '../../contract/image.ts';

/** No picture with more pixels is decoded, whatever the memory (the limit of the picture library). */
export const mostPixels = 268_402_689;

/** Bytes a pixel that decoders and encoders of a format hold beside the samples, measured. */
const workingBytes: Readonly<Record<ImageSummary['format'], number>> = {
  jpeg: 1,
  png: 1,
  tiff: 2,
  webp: 8,
  avif: 12,
  gif: 5,
};

/**
 * Bytes that reading, decoding and encoding of one page take at their highest, the denoised copy included,
 * the network's tiles not: the file, the page's samples before and after, and what the codecs hold.
 */
export function foreseenMemory(summary: ImageSummary): number {
  const { width, height, channels, alpha, bitDepth, format, bytes } = summary;
  const pixels = width * height;
  const samples = pixels * (channels + (alpha ? 1 : 0)) * (bitDepth / 8);
  // Float pages are decoded again when they are written, to give back what was not changed exactly.
  const copies = bitDepth === 32 ? 4 : 3;
  return bytes * 2 + samples * copies + pixels * workingBytes[format];
}
