import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { graphOf, inputsOf, sideBySide } from '../../../engine/backends/graph.ts';
import { liveBytes, prepare } from '../../../engine/backends/prepared-model.ts';
import { tinyModel, tinyNetworks } from './tiny-model.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each(tinyNetworks)('the graph of $kind lists every step after those it reads', async (config) => {
  const { graph } = await prepare(await tinyModel(config));
  const known = new Set<string>();
  for (const node of graph.nodes) {
    for (const input of inputsOf(node)) expect(known).toContain(input);
    known.add(node.name);
  }
  expect(known).toContain(graph.output);
  expect(graph.channels).toBe(config.channels);
  expect(graph.noiseFactor).toBe(config.kind === 'unet' ? 'noise_factor' : null);
});

test.each([
  { kernel: 2, stride: 2 },
  { kernel: 3, stride: 2 },
  { kernel: 4, stride: 2 },
  { kernel: 5, stride: 3 },
  { kernel: 3, stride: 1 },
])(
  'an enlargement ($kernel wide, stride $stride) is the same computed side by side',
  ({ kernel, stride }) => {
    const [from, out] = [3, 2];
    const values = Float32Array.from({ length: kernel * kernel * out * from }, (_, i) => Math.sin(i + 1));
    const bias = { shape: [out], values: Float32Array.of(0.3, -0.2) };
    const apart = sideBySide({
      op: 'transposed-convolution',
      name: 'up',
      input: 'x',
      kernel: { shape: [kernel, kernel, out, from], values },
      bias,
      stride,
      activation: 'linear',
    });
    const [expected, found] = tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([1, 5, 7, from], 0, 1, 'float32', 3);
      const weights = tf.tensor4d(values, [kernel, kernel, out, from]);
      const enlarged = tf.conv2dTranspose(x, weights, [1, 5 * stride, 7 * stride, out], stride, 'same');
      const ordinary = tf.tensor4d(
        apart.kernel.values,
        apart.kernel.shape as [number, number, number, number],
      );
      const beside = tf.add<tf.Tensor4D>(tf.conv2d(x, ordinary, 1, 'same'), tf.tensor1d(apart.bias!.values));
      const together = stride === 1 ? beside : tf.depthToSpace(beside, stride);
      return [tf.add(enlarged, tf.tensor1d(bias.values)).dataSync(), together.dataSync()];
    });
    expect(found).toHaveLength(expected.length);
    expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
  },
);

test('the least memory follows from what is still needed at each step', () => {
  const values = new Float32Array(0);
  const bytes = liveBytes({
    noisy: 'x',
    noiseFactor: null,
    output: 'y',
    channels: 1,
    nodes: [
      { op: 'input', name: 'x', channels: 1 },
      {
        op: 'convolution',
        name: 'a',
        input: 'x',
        kernel: { shape: [3, 3, 1, 8], values },
        bias: null,
        stride: 2,
        activation: 'relu',
      },
      {
        op: 'transposed-convolution',
        name: 'b',
        input: 'a',
        kernel: { shape: [2, 2, 1, 8], values },
        bias: null,
        stride: 2,
        activation: 'linear',
      },
      { op: 'add', name: 'y', inputs: ['x', 'b'] },
    ],
  });
  // At b: the picture, 8 channels at a quarter of the pixels, b and b computed side by side.
  expect(bytes).toBe(4 * (1 + 8 / 4 + 1 + 1));
});

test('a layer that backends do not know is refused by name', () => {
  const input = tf.input({ shape: [null, null, 1], name: 'noisy' });
  const pooled = tf.layers.maxPooling2d({ poolSize: 2, name: 'pool' }).apply(input) as tf.SymbolicTensor;
  const network = tf.model({ inputs: input, outputs: pooled });
  expect(() => graphOf(network, new Map(), 'odd')).toThrow(/odd.*pool.*MaxPooling2D/);
});
