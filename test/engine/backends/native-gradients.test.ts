import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { addonPath, TensorflowAddon } from '../../../engine/backends/tensorflow-addon.ts';

const root = join(import.meta.dirname, '../../..');
const isThere = existsSync(addonPath(root));

beforeAll(() => {
  if (isThere) new TensorflowAddon(root).load(2);
});

interface Layer {
  readonly input: readonly [batch: number, height: number, width: number, channels: number];
  readonly filter: readonly [height: number, width: number, number, number];
  readonly apply: (input: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor4D;
}

const convolution = (side: number, from: number, kernel: number, to: number, stride: number): Layer => ({
  input: [2, side, side, from],
  filter: [kernel, kernel, from, to],
  apply: (input, filter) => tf.conv2d(input, filter, stride, 'same'),
});

const transposed = (side: number, from: number, kernel: number, to: number): Layer => ({
  input: [2, side, side, from],
  filter: [kernel, kernel, to, from],
  apply: (input, filter) => tf.conv2dTranspose(input, filter, [2, 2 * side, 2 * side, to], 2, 'same'),
});

/** What a layer answers, and the gradients of a weighted sum of it by its input and its filter. */
async function answersOn(backend: string, { input, filter, apply }: Layer): Promise<Float32Array[]> {
  expect(await tf.setBackend(backend)).toBe(true);
  const answers = tf.tidy(() => {
    const x = tf.tensor4d(waves(input), [...input]);
    const w = tf.tensor4d(waves(filter), [...filter]);
    const value = apply(x, w);
    const weights = tf.tensor4d(waves(value.shape), value.shape);
    const sum = (a: tf.Tensor, b: tf.Tensor): tf.Scalar =>
      apply(a as tf.Tensor4D, b as tf.Tensor4D)
        .mul(weights)
        .sum();
    return [value, ...tf.grads(sum)([x, w])];
  });
  const values = answers.map((answer) => answer.dataSync<'float32'>());
  tf.dispose(answers);
  return values;
}

/** Numbers from −1 to 1 that are the same anywhere, in no order. */
const waves = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: shape.reduce((all, side) => all * side, 1) }, (_, i) =>
    Math.sin(1 + 7.3 * i * i),
  );

/** The largest difference, as a share of the largest value. */
function apart(one: Float32Array, other: Float32Array): number {
  const largest = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0) / largest;
}

test.for([
  ['the first layer', convolution(32, 4, 4, 48, 2)],
  ['the first of one channel', convolution(32, 1, 3, 1, 1)],
  ['a block', convolution(16, 48, 3, 48, 1)],
  ['a block of the middle', convolution(8, 192, 3, 192, 1)],
  ['a layer that halves', convolution(16, 48, 2, 96, 2)],
  ['another that halves', convolution(8, 96, 2, 192, 2)],
  ['one of a wide network that halves', convolution(48, 80, 2, 160, 2)],
  ['one with taps that overlap', convolution(12, 80, 3, 24, 2)],
  ['one with taps that overlap, of an odd size', convolution(11, 16, 3, 8, 2)],
  ['one that looks at every third pixel', convolution(9, 3, 5, 8, 3)],
  ['one that passes pixels over', convolution(9, 3, 1, 8, 2)],
  ['a layer that doubles', transposed(4, 192, 2, 96)],
  ['another that doubles', transposed(8, 96, 2, 48)],
  ['one of a wide network that doubles', transposed(8, 160, 2, 80)],
  ['one of the textbook network', transposed(7, 8, 3, 16)],
  ['a last layer', convolution(16, 48, 3, 3, 1)],
  ['the last layer', transposed(16, 48, 4, 3)],
] satisfies [string, Layer][])(
  'native TensorFlow answers as the plain arithmetic does, forwards and backwards: %s',
  async ([, layer], context) => {
    if (!isThere) context.skip('native TensorFlow is not set up (npm run setup)');
    const native = await answersOn('tensorflow', layer);
    const plain = await answersOn('cpu', layer);
    expect(plain.map(({ length }) => length)).toEqual(native.map(({ length }) => length));
    for (const [i, one] of plain.entries()) expect(apart(one, native[i]!)).toBeLessThan(1e-4);
  },
);
