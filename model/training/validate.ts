import * as tf from '@tensorflow/tfjs';
import type { NoiseRange } from '../../contract/noise.ts';
import { blurWidths } from '../baselines/best-baseline.ts';
import { gaussianBlur } from '../baselines/gaussian-blur.ts';
import type { FloatImage } from '../image.ts';
import { meanSquaredError, psnr } from '../metrics/psnr.ts';
import { ssim } from '../metrics/ssim.ts';
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

/** How near something comes to the targets: means over all cases. */
export interface Nearness {
  /** In dB. */
  readonly psnr: number;
  /** Null where only some of the pixels count, which have no surroundings to be compared. */
  readonly ssim: number | null;
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

/** How well a network answers. At least one case is needed. */
export async function validate(network: tf.LayersModel, cases: Iterable<ValidationCase>): Promise<Nearness> {
  const mean = new MeanNearness();
  for (const question of cases) {
    const denoised = await answer(network, question.noisy, question.told);
    mean.add(question, finished(question, denoised));
    await tf.nextFrame(); // lets messages in: this takes a while, and a processor's answer leaves no gap
  }
  return mean.value;
}

/** How near the noisy pictures come as they are, and a Gaussian blur, for each the best of a few widths. */
export async function baselines(
  cases: Iterable<ValidationCase>,
): Promise<{ readonly noisy: Nearness; readonly blur: Nearness }> {
  const [noisy, blur] = [new MeanNearness(), new MeanNearness()];
  for (const question of cases) {
    noisy.add(question, question.noisy.samples);
    const blurred = blurWidths.map((width) =>
      finished(question, gaussianBlur(question.noisy, width).samples),
    );
    const { target, counted } = question;
    const errors = blurred.map((one) => meanSquaredError(pick(one, counted), pick(target, counted)));
    blur.add(question, blurred[errors.indexOf(Math.min(...errors))]!);
    await tf.nextFrame();
  }
  return { noisy: noisy.value, blur: blur.value };
}

class MeanNearness {
  #psnr = 0;
  #ssim: number | null = 0;
  #count = 0;

  add({ noisy, target, counted }: ValidationCase, answer: Float32Array): void {
    this.#psnr += psnr(pick(answer, counted), pick(target, counted), 1);
    const alike = counted ? null : ssim({ ...noisy, samples: answer }, { ...noisy, samples: target }, 1);
    this.#ssim = alike === null || this.#ssim === null ? null : this.#ssim + alike;
    this.#count++;
  }

  get value(): Nearness {
    return { psnr: this.#psnr / this.#count, ssim: this.#ssim === null ? null : this.#ssim / this.#count };
  }
}

/** An answer as the picture's file would have it. */
const finished = ({ eightBit }: ValidationCase, values: Float32Array): Float32Array =>
  eightBit ? clipAndRound(values) : clip(values);

/** The answer of a network to one picture whose sides are multiples of what it needs. */
export async function answer(
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
