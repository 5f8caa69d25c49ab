import { whiteOf, type FloatImage, type Raster } from '../image.ts';
import { psnr } from './psnr.ts';
import { ssim } from './ssim.ts';

/** PSNR in dB and SSIM, both with a data range of 255. */
export interface Similarity {
  readonly psnr: number;
  readonly ssim: number;
}

/** Compares two pictures of the same size on the 8-bit scale, nothing clipped or rounded. */
export function compare(image: Raster, clean: Raster): Similarity {
  const [a, b] = [onEightBitScale(image), onEightBitScale(clean)];
  return { psnr: psnr(a.samples, b.samples, 255), ssim: ssim(a, b, 255) };
}

/** The image as an 8-bit file would hold it: clipped to [0, 1] and rounded to multiples of 1/255. */
export function roundedToEightBit(image: FloatImage): FloatImage {
  const samples = image.samples.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255) / 255);
  return { ...image, samples };
}

/** The same in the samples of such a file. */
export function asEightBit(image: FloatImage): Raster<Uint8Array> {
  const samples = Uint8Array.from(roundedToEightBit(image).samples, (value) => Math.round(value * 255));
  return { ...image, samples };
}

/** A picture of any depth as floats in [0, 1]. */
export function toFloat(image: Raster): FloatImage {
  if (image.samples instanceof Float32Array) return { ...image, samples: image.samples };
  const white = whiteOf(image.samples);
  return { ...image, samples: Float32Array.from(image.samples, (value) => value / white) };
}

function onEightBitScale(image: Raster): FloatImage {
  const scale = 255 / whiteOf(image.samples);
  // Exact for 8-bit samples, whose scale is 1.
  return { ...image, samples: Float32Array.from(image.samples, (value) => value * scale) };
}
