import { whiteOf, type Samples } from '../image.ts';

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

/** Where results are written. 8-bit arrays are written through a view that clips and rounds by itself. */
export type Target = Uint8ClampedArray | Uint16Array | Float32Array;

export function targetOf(denoised: Samples): Target {
  return denoised instanceof Uint8Array
    ? new Uint8ClampedArray(denoised.buffer, denoised.byteOffset, denoised.length)
    : denoised;
}

/**
 * denoised = noisy + strength × (answer − noisy) for a run of pixels, brightness and colour apart: with the
 * correction c and its brightness y, denoised = noisy + strength · y + colourStrength · (c − y). Where both are 0,
 * or the answer is the noisy value, samples come back bit for bit. Integers are rounded to the nearest and
 * clipped to their range; floats are neither.
 * @param answer of the network, [0, 1] scale
 * @param target gets the result at `noisyAt`
 * @returns the sum of all changes: a finite number unless the answer holds one that is not
 */
export function blendRun(
  noisy: Samples,
  answer: Float32Array,
  target: Target,
  run: Run,
  channels: 1 | 3,
  { strength, colourStrength }: Strength,
): number {
  return channels === 1 || strength === colourStrength
    ? blendAlike(noisy, answer, target, run, strength)
    : blendColour(noisy, answer, target, run, strength, colourStrength);
}

function blendAlike(
  noisy: Samples,
  answer: Float32Array,
  target: Target,
  { noisyAt, answerAt, length }: Run,
  strength: number,
): number {
  const white = whiteOf(noisy);
  const clips = target instanceof Uint16Array;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const sample = noisy[noisyAt + i]!;
    const change = strength * (answer[answerAt + i]! * white - sample);
    const value = change === 0 ? sample : sample + change; // −0 stays −0
    target[noisyAt + i] = clips ? toSixteenBit(value) : value;
    sum += change;
  }
  return sum;
}

function blendColour(
  noisy: Samples,
  answer: Float32Array,
  target: Target,
  { noisyAt, answerAt, length }: Run,
  strength: number,
  colourStrength: number,
): number {
  const white = whiteOf(noisy);
  const clips = target instanceof Uint16Array;
  const write = (at: number, sample: number, change: number) => {
    const value = change === 0 ? sample : sample + change;
    target[at] = clips ? toSixteenBit(value) : value;
  };
  let sum = 0;
  for (let i = 0; i < length; i += 3) {
    const red = noisy[noisyAt + i]!;
    const green = noisy[noisyAt + i + 1]!;
    const blue = noisy[noisyAt + i + 2]!;
    const towardsRed = answer[answerAt + i]! * white - red;
    const towardsGreen = answer[answerAt + i + 1]! * white - green;
    const towardsBlue = answer[answerAt + i + 2]! * white - blue;
    const brightness = RED * towardsRed + GREEN * towardsGreen + BLUE * towardsBlue;
    const alike = (strength - colourStrength) * brightness;
    write(noisyAt + i, red, alike + colourStrength * towardsRed);
    write(noisyAt + i + 1, green, alike + colourStrength * towardsGreen);
    write(noisyAt + i + 2, blue, alike + colourStrength * towardsBlue);
    sum += towardsRed + towardsGreen + towardsBlue;
  }
  return sum;
}

function toSixteenBit(value: number): number {
  return value < 0 ? 0 : value > 65_535 ? 65_535 : value + 0.5; // the array cuts the fraction off
}
