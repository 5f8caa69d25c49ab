import type { Samples } from '../image.ts';

/** Mean squared difference of two arrays of the same length, in their own units. */
export function meanSquaredError(a: Samples, b: Samples): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} samples cannot be compared with ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum / a.length;
}

/**
 * Peak signal-to-noise ratio in dB, all channels together: 10 log10(range² / MSE); infinite for equal arrays.
 * @param range the largest possible value: 255 for 8-bit samples, 1 for floats in [0, 1]
 */
export function psnr(image: Samples, clean: Samples, range: number): number {
  return 10 * Math.log10((range * range) / meanSquaredError(image, clean));
}
