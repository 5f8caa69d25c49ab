import * as tf from '@tensorflow/tfjs';
import { psnr } from '../metrics/psnr.ts';
import { Random } from '../noise/random.ts';
import type { FloatImage } from '../image.ts';
import { denoise } from './batch.ts';
import { addGaussian, clipAndRound } from './noisy-batch.ts';

/** Means in dB over pictures, noise factors, and noise clipped as in files or not. */
export interface ValidationScores {
  /** Of the answers, clipped and rounded to 8 bit. */
  readonly psnr: number;
  /** Of what the network was given. */
  readonly noisyPsnr: number;
}

/** The levels of the papers, σ 15, 25 and 50 of 255. */
const USUAL_FACTORS = [15 / 255, 25 / 255, 50 / 255];

/** Those of the usual noise factors that lie in the range of a training, or else its middle. */
export function validationFactors(low: number, high: number): number[] {
  const within = USUAL_FACTORS.filter((factor) => factor >= low && factor <= high);
  return within.length > 0 ? within : [(low + high) / 2];
}

/**
 * How well a network cleans pictures it has not been trained on. Always the same noise for the same seed, so
 * two answers can be compared.
 * @param pictures width and height are multiples of what the network needs
 */
export async function validate(
  network: tf.LayersModel,
  pictures: readonly FloatImage[],
  factors: readonly number[],
  seed: number,
): Promise<ValidationScores> {
  const noise = new Random(seed).split('validation noise');
  let sum = 0;
  let noisySum = 0;
  for (const [i, picture] of pictures.entries()) {
    for (const [j, factor] of factors.entries()) {
      const noisy = addGaussian(picture.samples, factor, noise.split(i).split(j));
      for (const given of [noisy, clipAndRound(noisy.slice())]) {
        const denoised = await answer(network, { ...picture, samples: given }, factor);
        sum += psnr(clipAndRound(denoised), picture.samples, 1);
        noisySum += psnr(given, picture.samples, 1);
        await tf.nextFrame(); // lets messages in: this takes a while, and a processor's answer leaves no gap
      }
    }
  }
  const count = 2 * pictures.length * factors.length;
  return { psnr: sum / count, noisyPsnr: noisySum / count };
}

async function answer(
  network: tf.LayersModel,
  { width, height, channels, samples }: FloatImage,
  factor: number,
): Promise<Float32Array> {
  const denoised = tf.tidy(() =>
    denoise(network, tf.tensor4d(samples, [1, height, width, channels]), tf.tensor4d([factor], [1, 1, 1, 1])),
  );
  const values = (await denoised.data()) as Float32Array;
  denoised.dispose();
  return values;
}
