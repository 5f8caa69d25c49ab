import type { NoiseKind, NoiseRange } from '../../contract/noise.ts';
import { noiseLimits } from '../../contract/noise.ts';
import type { FloatImage } from '../image.ts';
import { addCorrelated } from './correlated.ts';
import { standardNormal } from './gaussian.ts';
import { compressAsJpeg } from './jpeg.ts';
import { addPoissonGaussian } from './poisson-gaussian.ts';
import type { Random } from './random.ts';
import { addSaltAndPepper } from './salt-and-pepper.ts';
import { addSpeckle } from './speckle.ts';

/** One noise with its amount decided. */
export interface NoiseAmount {
  readonly kind: NoiseKind;
  readonly amount: number;
}

/** An amount of each range, uniformly. */
export function drawAmounts(ranges: readonly NoiseRange[], random: Random): NoiseAmount[] {
  return ranges.map((range) => amountAt(range, random.uniform()));
}

/** The amount at a part of the way from the low end of a range (0) to the high one (1). */
export function amountAt({ kind, low, high }: NoiseRange, part: number): NoiseAmount {
  const amount = low + (high - low) * part;
  return { kind, amount: noiseLimits[kind].whole ? Math.round(amount) : amount };
}

/**
 * Adds noises one after the other to a picture, in place; values may leave [0, 1], but `jpeg` and `salt-and-pepper`
 * keep theirs inside. Same random stream, same noise.
 * @returns the noise factor of the sum. Variances add up: each kind's factor counts as it is, a standard deviation
 * (at mid-grey, where it depends on brightness). What JPEG does follows from the picture alone, so where it takes part
 * the sum's standard deviation is measured on this picture.
 */
export function addMixture(image: FloatImage, amounts: readonly NoiseAmount[], random: Random): number {
  if (!amounts.some(({ kind }) => kind === 'jpeg')) {
    for (const noise of amounts) addOne(image, noise, random);
    return Math.hypot(...amounts.map(({ amount }) => amount));
  }
  const clean = image.samples.slice();
  for (const noise of amounts) addOne(image, noise, random);
  return rootMeanSquare(image.samples, clean);
}

function addOne(image: FloatImage, { kind, amount }: NoiseAmount, random: Random): void {
  switch (kind) {
    case 'gaussian':
      for (let i = 0; i < image.samples.length; i++) image.samples[i]! += amount * standardNormal(random);
      return;
    case 'poisson-gaussian':
      return addPoissonGaussian(image, amount, random);
    case 'speckle':
      return addSpeckle(image, amount, random);
    case 'salt-and-pepper':
      return addSaltAndPepper(image, amount, random);
    case 'correlated':
      return addCorrelated(image, amount, random);
    case 'jpeg':
      return compressAsJpeg(image, amount, { left: random.below(16), top: random.below(16) });
  }
}

function rootMeanSquare(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / a.length);
}
