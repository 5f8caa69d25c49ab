import * as tf from '@tensorflow/tfjs';
import type { NoiseRange } from '../../contract/noise.ts';
import type { FloatImage } from '../image.ts';
import { psnr } from '../metrics/psnr.ts';
import { addMixture, amountAt, type NoiseAmount } from '../noise/mixture.ts';
import { Random } from '../noise/random.ts';
import { denoise } from './batch.ts';
import { clipAndRound } from './noisy-batch.ts';

/** One question to a network, with what its answer is compared with. */
export interface ValidationCase {
  /** Width and height are multiples of what the network needs. */
  readonly noisy: FloatImage;
  /** The noise factor that the network is told. */
  readonly told: number;
  /** The clean picture, or what comes closest to it, in the shape of the noisy one. */
  readonly target: Float32Array;
  /** Positions of the values that count; null where all do. */
  readonly counted: Uint32Array | null;
  /** Whether answers are rounded to 8 bit, as the picture's file would have them. */
  readonly eightBit: boolean;
}

/** Means in dB over all cases. */
export interface ValidationScores {
  /** Of the answers, clipped to [0, 1]. */
  readonly psnr: number;
  /** Of what the network was given. */
  readonly noisyPsnr: number;
}

/** A clean picture that is not trained on. */
export interface CleanPicture {
  readonly image: FloatImage;
  readonly eightBit: boolean;
}

/** The levels of the papers, σ 15, 25 and 50 of 255. */
const USUAL_FACTORS = [15 / 255, 25 / 255, 50 / 255];
/** Of other noise: so far into its ranges. */
const USUAL_PARTS = [0.25, 0.5, 0.75];

/**
 * The noises with which a training is validated: for Gaussian noise those of the usual factors that lie in its range,
 * or else its middle; for any other, weak, medium and strong of its ranges.
 */
export function validationNoises(ranges: readonly NoiseRange[]): NoiseAmount[][] {
  const [only, ...others] = ranges;
  if (only?.kind !== 'gaussian' || others.length > 0) {
    return USUAL_PARTS.map((part) => ranges.map((range) => amountAt(range, part)));
  }
  const within = USUAL_FACTORS.filter((factor) => factor >= only.low && factor <= only.high);
  const factors = within.length > 0 ? within : [(only.low + only.high) / 2];
  return factors.map((amount) => [{ kind: 'gaussian', amount }]);
}

/**
 * Clean pictures with every noise, once as it is and once clipped and rounded as 8-bit files are. Always the same for
 * the same seed, so two networks can be compared.
 */
export function* syntheticCases(
  pictures: readonly CleanPicture[],
  noises: readonly (readonly NoiseAmount[])[],
  seed: number,
): Generator<ValidationCase> {
  const random = new Random(seed).split('validation noise');
  for (const [i, { image, eightBit }] of pictures.entries()) {
    for (const [j, amounts] of noises.entries()) {
      const noisy = { ...image, samples: image.samples.slice() };
      const told = addMixture(noisy, amounts, random.split(i).split(j));
      const kept = { told, target: image.samples, counted: null, eightBit };
      yield { ...kept, noisy };
      // Noise that ends in JPEG is clipped and rounded already.
      if (amounts.at(-1)?.kind === 'jpeg') continue;
      yield { ...kept, noisy: { ...noisy, samples: clipAndRound(noisy.samples.slice()) } };
    }
  }
}

/** How well a network answers, and how well the noisy pictures do as they are. At least one case is needed. */
export async function validate(
  network: tf.LayersModel,
  cases: Iterable<ValidationCase>,
): Promise<ValidationScores> {
  let sum = 0;
  let noisySum = 0;
  let count = 0;
  for (const { noisy, told, target, counted, eightBit } of cases) {
    const denoised = await answer(network, noisy, told);
    const finished = eightBit ? clipAndRound(denoised) : clip(denoised);
    const reference = pick(target, counted);
    sum += psnr(pick(finished, counted), reference, 1);
    noisySum += psnr(pick(noisy.samples, counted), reference, 1);
    count++;
    await tf.nextFrame(); // lets messages in: this takes a while, and a processor's answer leaves no gap
  }
  return { psnr: sum / count, noisyPsnr: noisySum / count };
}

async function answer(
  network: tf.LayersModel,
  { width, height, channels, samples }: FloatImage,
  told: number,
): Promise<Float32Array> {
  const denoised = tf.tidy(() =>
    denoise(network, tf.tensor4d(samples, [1, height, width, channels]), tf.tensor4d([told], [1, 1, 1, 1])),
  );
  const values = (await denoised.data()) as Float32Array;
  denoised.dispose();
  return values;
}

function clip(values: Float32Array): Float32Array {
  return values.map((value) => Math.min(1, Math.max(0, value)));
}

function pick(values: Float32Array, counted: Uint32Array | null): Float32Array {
  return counted ? Float32Array.from(counted, (at) => values[at]!) : values;
}
