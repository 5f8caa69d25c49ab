import type { Samples } from '../image.ts';
import { whiteOf } from '../image.ts';

/** How much of the network's correction is applied: 0 none, 1 all of it. */
export interface Strength {
  /** Of the correction of brightness; of everything, in a grey picture. */
  readonly strength: number;
  /** Of the correction of colour. */
  readonly colourStrength: number;
}

/** Weights of red, green and blue in the brightness of ITU-R BT.601, applied to the values as encoded. */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** A run of pixels to blend: offsets and length count samples. */
export interface Run {
  readonly noisyAt: number;
  readonly answerAt: number;
  readonly length: number;
}

/**
 * denoised = noisy + strength × (answer − noisy) for a run of pixels, brightness and colour apart: with the
 * correction c and its brightness y, denoised = noisy + strength · y + colourStrength · (c − y). Where both are 0,
 * or the answer is the noisy value, samples come back bit for bit. Integers are rounded to the nearest and
 * clipped to their range; floats are neither.
 * @param answer of the network, [0, 1] scale
 * @param denoised gets the result at `noisyAt`
 */
export function blendRun(
  noisy: Samples,
  answer: Float32Array,
  denoised: Samples,
  run: Run,
  channels: 1 | 3,
  { strength, colourStrength }: Strength,
): void {
  const white = whiteOf(noisy);
  const limit = noisy instanceof Float32Array ? Infinity : white;
  const half = noisy instanceof Float32Array ? -0 : 0.5; // adding −0 leaves every float as it is
  if (channels === 1 || strength === colourStrength) {
    blendAlike(noisy, answer, denoised, run, { strength, white, limit, half });
  } else {
    blendColour(noisy, answer, denoised, run, { strength, colourStrength, white, limit, half });
  }
}

interface Scale {
  readonly strength: number;
  readonly white: number;
  /** Largest value that is kept; integers have one. */
  readonly limit: number;
  /** Added before integers cut off the fraction. */
  readonly half: number;
}

function blendAlike(
  noisy: Samples,
  answer: Float32Array,
  denoised: Samples,
  { noisyAt, answerAt, length }: Run,
  { strength, white, limit, half }: Scale,
): void {
  const lowest = limit === Infinity ? -Infinity : 0;
  for (let i = 0; i < length; i++) {
    const sample = noisy[noisyAt + i]!;
    const change = strength * (answer[answerAt + i]! * white - sample);
    const value = change === 0 ? sample : sample + change; // −0 stays −0
    denoised[noisyAt + i] = (value < lowest ? lowest : value > limit ? limit : value) + half;
  }
}

function blendColour(
  noisy: Samples,
  answer: Float32Array,
  denoised: Samples,
  { noisyAt, answerAt, length }: Run,
  { strength, colourStrength, white, limit, half }: Scale & Strength,
): void {
  const lowest = limit === Infinity ? -Infinity : 0;
  const blend = (sample: number, change: number) => {
    const value = change === 0 ? sample : sample + change;
    return (value < lowest ? lowest : value > limit ? limit : value) + half;
  };
  for (let i = 0; i < length; i += 3) {
    const red = noisy[noisyAt + i]!;
    const green = noisy[noisyAt + i + 1]!;
    const blue = noisy[noisyAt + i + 2]!;
    const towardsRed = answer[answerAt + i]! * white - red;
    const towardsGreen = answer[answerAt + i + 1]! * white - green;
    const towardsBlue = answer[answerAt + i + 2]! * white - blue;
    const brightness = RED * towardsRed + GREEN * towardsGreen + BLUE * towardsBlue;
    const both = (strength - colourStrength) * brightness;
    denoised[noisyAt + i] = blend(red, both + colourStrength * towardsRed);
    denoised[noisyAt + i + 1] = blend(green, both + colourStrength * towardsGreen);
    denoised[noisyAt + i + 2] = blend(blue, both + colourStrength * towardsBlue);
  }
}
