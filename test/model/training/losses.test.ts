import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { lossFor, nextTypicalError } from '../../../model/objectives/end-loss.ts';
import { losses } from '../../../model/objectives/losses.ts';

beforeAll(() => tf.setBackend('cpu'));

const image = (...values: number[]) => tf.tensor4d(values, [1, 2, 2, 1]);

test('the mean absolute error of (0.1, 0.2, 0.3, 0.4) against 0.2 is (0.1 + 0 + 0.1 + 0.2) / 4', () => {
  const loss = losses['mean-absolute-error'](image(0.1, 0.2, 0.3, 0.4), image(0.2, 0.2, 0.2, 0.2));
  expect(loss.dataSync()[0]).toBeCloseTo((0.1 + 0 + 0.1 + 0.2) / 4, 6);
});

test('the mean squared error of (0.1, 0.2, 0.3, 0.4) against 0.2 is (0.01 + 0 + 0.01 + 0.04) / 4', () => {
  const loss = losses['mean-squared-error'](image(0.1, 0.2, 0.3, 0.4), image(0.2, 0.2, 0.2, 0.2));
  expect(loss.dataSync()[0]).toBeCloseTo((0.01 + 0 + 0.01 + 0.04) / 4, 6);
});

test('the Charbonnier error of 0.3 and of 0 is √(0.09 + ε²) and ε, with ε = 0.001', () => {
  const loss = losses.charbonnier(image(0.5, 0.2, 0.5, 0.2), image(0.2, 0.2, 0.2, 0.2));
  expect(loss.dataSync()[0]).toBeCloseTo((Math.sqrt(0.09 + 1e-6) + 1e-3) / 2, 6);
});

test('the cross-entropy of 0.8 is −log 0.8 where white is right, and −log 0.2 where black is', () => {
  const loss = losses['binary-cross-entropy'](image(0.8, 0.8, 0.8, 0.8), image(1, 0, 1, 0));
  expect(loss.dataSync()[0]).toBeCloseTo(-(Math.log(0.8) + Math.log(0.2)) / 2, 5);
});

test('the cross-entropy is finite for answers of 0, 1 and beyond, and draws those beyond back', () => {
  const gradient = tf.grad((answer) =>
    losses['binary-cross-entropy'](answer as tf.Tensor4D, image(0, 1, 1, 0)),
  );
  const slopes = [...gradient(image(-0.2, 1.3, 0.5, 0)).dataSync()];
  expect(slopes.every(Number.isFinite)).toBe(true);
  expect(slopes[0]).toBeLessThan(0);
  expect(slopes[1]).toBeGreaterThan(0);
});

const randomImage = (seed: number, low: number, high: number) =>
  tf.randomUniform<tf.Rank.R4>([2, 4, 4, 3], low, high, 'float32', seed);

describe.each(Object.entries(losses))('%s', (_, loss) => {
  test('leaves nothing but its value behind', () => {
    const [a, b, counted] = [image(0, 1, 0, 1), image(1, 1, 1, 1), image(0, 1, 1, 0)];
    const before = tf.memory().numTensors;
    loss(a, b).dispose();
    loss(a, b, counted).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('has the gradients that finite differences have', () => {
    const [denoised, clean] = [randomImage(1, 0.1, 0.9), randomImage(2, 0.05, 0.95)];
    const direction = randomImage(3, -1, 1);
    const gradient = tf.grad((answer) => loss(answer as tf.Tensor4D, clean))(denoised);
    const slope = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
    const at = (step: number) => loss(tf.add(denoised, tf.mul(direction, step)), clean).dataSync()[0]!;
    const h = 2e-3;
    expect(slope).toBeCloseTo((at(h) - at(-h)) / (2 * h), 3);
    expect(Math.abs(slope)).toBeGreaterThan(1e-4);
  });

  test('counts only the pixels it is asked to count', () => {
    const [denoised, clean] = [randomImage(1, 0.1, 0.9), randomImage(2, 0.05, 0.95)];
    const chosen = tf.greater<tf.Tensor4D>(tf.randomUniform([2, 4, 4, 1], 0, 1, 'float32', 4), 0.5);
    const counted: tf.Tensor4D = tf.cast(chosen, 'float32');
    const elsewhere: tf.Tensor4D = tf.add(denoised, tf.mul(tf.sub(1, counted), 0.05));
    const value = (answer: tf.Tensor4D) => loss(answer, clean, counted).dataSync()[0]!;
    expect(value(elsewhere)).toBeCloseTo(value(denoised), 6);
    const all = tf.onesLike(counted);
    expect(loss(denoised, clean, all).dataSync()[0]).toBeCloseTo(loss(denoised, clean).dataSync()[0]!, 5);
  });
});

test.each(['mean-absolute-error', 'charbonnier'] as const)(
  'at the end of a training, %s becomes the squared error with gradients of the same length',
  (name) => {
    const choice = { loss: name, endLoss: 'mean-squared-error' as const };
    const clean = randomImage(2, 0.2, 0.8);
    const denoised: tf.Tensor4D = tf.add(clean, tf.randomNormal([2, 4, 4, 3], 0, 0.02, 'float32', 5));
    const typical = losses[name](denoised, clean).dataSync()[0]!;
    const gradientOf = (progress: number) =>
      tf.grad((answer) => lossFor(choice, progress, typical)(answer as tf.Tensor4D, clean))(denoised);
    const length = (progress: number) => tf.norm(gradientOf(progress)).dataSync()[0]!;
    expect(length(0.95) / length(0.5)).toBeGreaterThan(0.8);
    expect(length(0.95) / length(0.5)).toBeLessThan(1.6);
    const value = lossFor(choice, 0.95, typical)(denoised, clean).dataSync()[0]!;
    expect(value / typical).toBeGreaterThan(0.5);
    expect(value / typical).toBeLessThan(1.3);
  },
);

test('a training with the squared error or cross-entropy has the same loss to its end', () => {
  for (const loss of ['mean-squared-error', 'binary-cross-entropy'] as const) {
    expect(lossFor({ loss, endLoss: 'mean-squared-error' }, 0.99, 0.1)).toBe(losses[loss]);
  }
});

test('the typical error is a running mean that rests once the squared error has taken over', () => {
  const choice = { loss: 'mean-absolute-error', endLoss: 'mean-squared-error' } as const;
  expect(nextTypicalError(choice, 0, null, 0.3)).toBe(0.3);
  expect(nextTypicalError(choice, 0.5, 0.3, 0.1)).toBeCloseTo(0.3 - 0.2 / 100, 10);
  expect(nextTypicalError(choice, 0.95, 0.3, 0.1)).toBe(0.3);
});
