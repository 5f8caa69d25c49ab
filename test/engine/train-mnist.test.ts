import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { expect, test, type TestContext } from 'vitest';
import { addonPath, TensorflowAddon } from '../../engine/backends/tensorflow-addon.ts';
import { psnr } from '../../model/metrics/psnr.ts';
import { initialiseWeights } from '../../model/networks/initialise.ts';
import { Random } from '../../model/noise/random.ts';
import { Learner } from '../../model/training/learner.ts';
import { denoise } from '../../model/training/batch.ts';
import { addNoise } from '../../model/training/noisy-batch.ts';
import { train } from '../../model/training/train.ts';
import { testData } from '../fixtures/test-data.ts';

const config = { kind: 'classic', channels: 1 } as const;
const SIDE = 28;
const DIGIT = SIDE * SIDE;
const BATCH = 128;
/** Test digits on which the methods are compared. */
const COUNTED = 300;
const root = join(import.meta.dirname, '../..');

/** The bytes of the digits in one of the original idx files. */
function readDigits(file: string): Uint8Array {
  return gunzipSync(readFileSync(file)).subarray(16);
}

/** Digits by their numbers, in [0, 1]. */
function pick(digits: Uint8Array, numbers: readonly number[]): Float32Array {
  const values = new Float32Array(numbers.length * DIGIT);
  numbers.forEach((number, i) => {
    for (let j = 0; j < DIGIT; j++) values[i * DIGIT + j] = digits[number * DIGIT + j]! / 255;
  });
  return values;
}

async function nativeTensorflow(context: TestContext): Promise<void> {
  if (!existsSync(addonPath(root))) context.skip('native TensorFlow is not set up (npm run setup)');
  new TensorflowAddon(root).load();
  await tf.setBackend('tensorflow');
}

/** Noise of factor 0.2, clipped and rounded as in a file. */
function withNoise(clean: Float32Array, random: Random) {
  const choices = {
    ranges: [{ kind: 'gaussian' as const, low: 0.2, high: 0.2 }],
    clippedShare: 1,
    wrongFactorShare: 0,
    greyShare: 0,
  };
  return addNoise({ count: clean.length / DIGIT, side: SIDE, channels: 1, clean }, choices, random);
}

/** Applies a filter to each digit; positions beyond the border repeat the border. */
function filtered(digits: Float32Array, radius: number, combine: (around: number[]) => number): Float32Array {
  const inside = (at: number) => Math.min(SIDE - 1, Math.max(0, at));
  return digits.map((_, i) => {
    const [digit, y, x] = [Math.floor(i / DIGIT) * DIGIT, Math.floor((i % DIGIT) / SIDE), i % SIDE];
    const around: number[] = [];
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++)
        around.push(digits[digit + inside(y + dy) * SIDE + inside(x + dx)]!);
    }
    return combine(around);
  });
}

const median = (digits: Float32Array) => filtered(digits, 1, (around) => around.sort((a, b) => a - b)[4]!);

function gaussianBlur(digits: Float32Array, sigma: number): Float32Array {
  const radius = 3;
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const weights = offsets.flatMap((dy) =>
    offsets.map((dx) => Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma))),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return filtered(
    digits,
    radius,
    (around) => around.reduce((total, v, k) => total + weights[k]! * v, 0) / sum,
  );
}

test('classic learns MNIST in one epoch: better than the noisy digits, a median and any Gaussian blur', async (context) => {
  const folder = testData(context, 'small', 'mnist');
  await nativeTensorflow(context);
  const digits = readDigits(join(folder, 'train-images-idx3-ubyte.gz'));
  const order = new Random(1).shuffle(Array.from({ length: digits.length / DIGIT }, (_, i) => i));
  const steps = Math.floor(order.length / BATCH);
  const nextBatch = (step: number) =>
    withNoise(pick(digits, order.slice(step * BATCH, (step + 1) * BATCH)), new Random(2).split(step));
  const plan = {
    loss: 'mean-squared-error' as const,
    endLoss: 'same' as const,
    learningRate: 3e-3,
    schedule: 'cosine' as const,
    warmUpSteps: 20,
    gradientNorm: 1,
    averaging: 0.99,
    progress: (step: number) => step / steps,
  };
  const sample = pick(digits, order.slice(0, 1000));
  const brightness = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const learner = new Learner(config, (network) => initialiseWeights(network, config, 1, brightness));
  const began = performance.now();
  for await (const { step } of train(learner, nextBatch, plan, context.signal)) {
    expect(step).toBeLessThanOrEqual(steps);
    await setImmediate(); // the test runner wants to hear from us
  }
  const seconds = (performance.now() - began) / 1000;

  const test = readDigits(join(folder, 't10k-images-idx3-ubyte.gz'));
  const clean = pick(test, [...Array(COUNTED).keys()]);
  const { noisy } = withNoise(clean, new Random(3));
  const noisyTensor = tf.tensor4d(noisy, [COUNTED, SIDE, SIDE, 1]);
  const answer = denoise(learner.averaged, noisyTensor, tf.zeros([COUNTED, 1, 1, 1]));
  const score = (image: Float32Array) => psnr(image, clean, 1);
  const denoised = score((await answer.data()) as Float32Array);
  const blurs = [0.5, 0.7, 0.9, 1.2].map((sigma) => score(gaussianBlur(noisy, sigma)));
  console.log(
    `MNIST in ${seconds.toFixed(0)} s: noisy ${score(noisy).toFixed(2)} dB, median ${score(median(noisy)).toFixed(2)}, ` +
      `best blur ${Math.max(...blurs).toFixed(2)}, classic ${denoised.toFixed(2)}`,
  );
  expect(denoised).toBeGreaterThan(score(noisy) + 2);
  expect(denoised).toBeGreaterThan(score(median(noisy)) + 1);
  expect(denoised).toBeGreaterThan(Math.max(...blurs) + 1);
}, 180_000);
