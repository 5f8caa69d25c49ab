import { gaussianInto } from '../noise/gaussian.ts';
import type { Random } from '../noise/random.ts';
import type { Batch } from './batch.ts';

/** Clean patches by value, `[count, side, side, channels]` in [0, 1]. */
export type CleanPatches = Pick<Batch, 'count' | 'side' | 'channels' | 'clean'>;

export interface NoiseChoices {
  /** Gaussian noise whose factor is drawn uniformly from each range; several add up. */
  readonly ranges: readonly { readonly low: number; readonly high: number }[];
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
 * Adds noise to clean patches, each with a factor of its own. Same random stream, same noise. Patches that are
 * made grey change in place.
 */
export function addNoise(patches: CleanPatches, choices: NoiseChoices, random: Random): Batch {
  const { count, channels, clean } = patches;
  const size = clean.length / count;
  const noisy = new Float32Array(clean.length);
  const told = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const factor = drawFactor(choices.ranges, random);
    const from = clean.subarray(i * size, (i + 1) * size);
    const part = noisy.subarray(i * size, (i + 1) * size);
    const grey = channels === 3 && random.chance(choices.greyShare);
    if (grey) makeGrey(from);
    addGaussian(from, factor, random, part);
    if (grey) copyFirstChannel(part);
    if (random.chance(choices.clippedShare)) clipAndRound(part);
    const error = random.chance(choices.wrongFactorShare)
      ? WRONG_FACTOR_RANGE * (2 * random.uniform() - 1)
      : 0;
    told[i] = factor * (1 + error);
  }
  return { ...patches, noisy, told };
}

/** Three equal channels: their mean, as an 8-bit file has it. */
function makeGrey(patch: Float32Array): void {
  for (let at = 0; at < patch.length; at += 3) patch[at] = (patch[at]! + patch[at + 1]! + patch[at + 2]!) / 3;
  copyFirstChannel(clipAndRound(patch));
}

function copyFirstChannel(patch: Float32Array): void {
  for (let at = 0; at < patch.length; at += 3) patch[at + 1] = patch[at + 2] = patch[at]!;
}

/** Independent Gaussian noises add up to one whose variance is the sum of theirs. */
function drawFactor(ranges: NoiseChoices['ranges'], random: Random): number {
  let variance = 0;
  for (const { low, high } of ranges) variance += (low + (high - low) * random.uniform()) ** 2;
  return Math.sqrt(variance);
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
