import { whiteOf, type Raster } from '../image.ts';

/** Mean absolute value of a standard normal variable. */
const NORMAL_MEAN = Math.sqrt(2 / Math.PI);
/** Less noise than a level of 8 bit can't be told from rounding. */
const LEAST_FACTOR = 1 / 255;
/** Of more samples every so many-th is looked at: a mean does not need all. */
const MOST_SAMPLES = 1_000_000;

/**
 * How much was taken out of a picture, as a multiple of what its noise would be: mean |noisy − denoised| over that of
 * Gaussian noise of the noise factor. 1 where exactly such noise was taken; more where something of the picture went too.
 * @param noiseFactor what the network was told
 * @param strength how much of the network's correction is in the denoised picture, above 0
 */
export function reconstructionError(
  noisy: Raster,
  denoised: Raster,
  noiseFactor: number,
  strength: number,
): number {
  const { samples } = noisy;
  // Odd, so that all channels and columns come up.
  const step = 2 * Math.floor(samples.length / (2 * MOST_SAMPLES)) + 1;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < samples.length; i += step, count++) sum += Math.abs(samples[i]! - denoised.samples[i]!);
  const taken = sum / (count * whiteOf(samples) * strength);
  return taken / (NORMAL_MEAN * Math.max(noiseFactor, LEAST_FACTOR));
}
