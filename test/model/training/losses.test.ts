import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
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

test.each(Object.entries(losses))('%s leaves nothing but its value behind', (_, loss) => {
  const [a, b] = [image(0, 1, 0, 1), image(1, 1, 1, 1)];
  const before = tf.memory().numTensors;
  loss(a, b).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
