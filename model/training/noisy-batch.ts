import type { NoiseRange } from '../../contract/noise.ts';
import type { FloatImage } from '../image.ts';
import { gaussianInto } from '../noise/gaussian.ts';
import { addMixture, drawAmounts } from '../noise/mixture.ts';
import type { Random } from '../noise/random.ts';
import type { Batch } from './batch.ts';

/** Clean patches by value, `[count, side, side, channels]` in [0, 1]. */
export type CleanPatches = Pick<Batch, 'count' | 'side' | 'channels' | 'clean'>;

export interface NoiseChoices {
  /** Noises that are added one after the other, each by an amount drawn uniformly from its range. */
  readonly ranges: readonly NoiseRange[];
  /** Share of the patches that are clipped to [0, 1] and rounded to 8 bit, as files are. */
  readonly clippedShare: number;
  /** Share of the colour patches that are made grey: such pictures have the same noise in all three channels. */
  readonly greyShare: number;
  /** Share of the patches that are told a slightly wrong noise factor, as an estimate is. */
  readonly wrongFactorShare: number;
}

/** How far a wrong noise factor is off at most, as a share of the true one. */
const WRONG_FACTOR_RANGE = 0.15;

/**
 * Adds noise to clean patches, each with amounts of its own, and tells each the noise factor of the sum. Same random
 * stream, same noise. Patches that are made grey change in place.
 */
export function addNoise(patches: CleanPatches, choices: NoiseChoices, random: Random): Batch {
  const { count, side, channels, clean } = patches;
  const size = clean.length / count;
  const noisy = new Float32Array(clean.length);
  const told = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const amounts = drawAmounts(choices.ranges, random);
    const from = clean.subarray(i * size, (i + 1) * size);
    const part = noisy.subarray(i * size, (i + 1) * size);
    const grey = channels === 3 && random.chance(choices.greyShare);
    const samples = grey ? makeGrey(from) : from.slice();
    const image = { width: side, height: side, channels: grey ? 1 : channels, samples } as FloatImage;
    const factor = addMixture(image, amounts, random);
    if (random.chance(choices.clippedShare)) clipAndRound(samples);
    if (grey) repeatInto(samples, part);
    else part.set(samples);
    told[i] = factor * wrongBy(choices.wrongFactorShare, random);
  }
  return { ...patches, noisy, told };
}

/** What a told factor is multiplied by: a little off in the share of the cases, else 1. */
export function wrongBy(share: number, random: Random): number {
  return random.chance(share) ? 1 + WRONG_FACTOR_RANGE * (2 * random.uniform() - 1) : 1;
}

/** Makes the three channels of a patch their mean. Returns the one channel that it has then. */
function makeGrey(patch: Float32Array): Float32Array {
  const grey = new Float32Array(patch.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = (patch[3 * i]! + patch[3 * i + 1]! + patch[3 * i + 2]!) / 3;
  }
  repeatInto(grey, patch);
  return grey;
}

function repeatInto(grey: Float32Array, colour: Float32Array): void {
  for (let i = 0; i < grey.length; i++) colour.fill(grey[i]!, 3 * i, 3 * i + 3);
}

/** target = clean + factor × standard normal noise; not clipped. */
export function addGaussian(
  clean: Float32Array,
  factor: number,
  random: Random,
  target = new Float32Array(clean.length),
): Float32Array {
  gaussianInto(random, target);
  for (let i = 0; i < clean.length; i++) target[i] = clean[i]! + factor * target[i]!;
  return target;
}

/** What an 8-bit file keeps of values on the [0, 1] scale, in place. */
export function clipAndRound(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.round(255 * Math.min(1, Math.max(0, values[i]!))) / 255;
  }
  return values;
}
