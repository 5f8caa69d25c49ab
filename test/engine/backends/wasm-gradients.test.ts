import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import { lossNames } from '../../../contract/train.ts';
import type { NetworkConfig } from '../../../contract/network.ts';
import { parsePenalties } from '../../../contract/penalties.ts';
import { addonPath, TensorflowAddon } from '../../../engine/backends/tensorflow-addon.ts';
import { supplyWasmGradients } from '../../../engine/backends/wasm-gradients.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { initialiseWeights } from '../../../model/networks/initialise.ts';
import { gaussianInto } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';
import { losses } from '../../../model/objectives/losses.ts';
import { penalised } from '../../../model/training/penalised.ts';
import { tinyNetworks } from './tiny-model.ts';

const root = resolve(import.meta.dirname, '../../..');
supplyWasmGradients();

function normal(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  gaussianInto(new Random(seed), values);
  return values;
}

type Gradients = readonly { readonly name: string; readonly values: Float32Array }[];

/** On a backend: gradients of everything that a training can minimise, by every weight of a network. */
async function networkGradients(backend: string, config: NetworkConfig): Promise<Gradients> {
  await tf.setBackend(backend);
  const network = buildNetwork(config);
  initialiseWeights(network, config, 3);
  const { channels } = config;
  const [count, height, width] = [3, 16, 24];
  const penalties = parsePenalties('sparsity-l1:0.1+sparsity-kl:0.1+contractive:0.1+weight-decay:0.1');
  const penalise = penalised(network, config, penalties)!;
  const found = tf.tidy(() => {
    const given = normal(count * height * width * channels, 1).map((value) => 0.5 + 0.2 * value);
    const noisy = tf.tensor4d(given, [count, height, width, channels]);
    const clean = tf.mul<tf.Tensor4D>(noisy, 0.9);
    const counted = tf.tensor4d(
      normal(count * height * width, 2).map((value) => (value > 0 ? 1 : 0)),
      [count, height, width, 1],
    );
    const told = tf.fill<tf.Rank.R4>([count, 1, 1, 1], 0.1);
    const weights = network.weights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      const { denoised, penalty } = penalise(noisy, told, new Random(4));
      return tf.addN([...lossNames.map((name) => losses[name](denoised, clean, counted)), penalty]);
    }, weights);
    return network.weights.map(({ originalName }, i) => ({
      name: originalName,
      values: grads[weights[i]!.name]!.dataSync().slice() as Float32Array,
    }));
  });
  network.dispose();
  return found;
}

/** Largest difference as a share of the largest gradient of that weight. */
function largestShare(found: Gradients, expected: Gradients): number {
  const shares = expected.map(({ name, values }, i) => {
    expect(found[i]!.name).toBe(name);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const differences = values.map((value, at) => Math.abs(value - found[i]!.values[at]!));
    return differences.reduce((most, value) => Math.max(most, value), 0) / largest;
  });
  return Math.max(...shares);
}

test.for(tinyNetworks)(
  'on WebAssembly every gradient of a training is what it is on the plain backend: $kind, $channels channels',
  async (config) => {
    const expected = await networkGradients('cpu', config);
    const tensors = tf.memory().numTensors;
    expect(largestShare(await networkGradients('wasm', config), expected)).toBeLessThan(1e-4);
    expect(tf.memory().numTensors).toBe(tensors);
  },
);

test('on WebAssembly every gradient of a training is what it is on native TensorFlow', async (context) => {
  if (!existsSync(addonPath(root))) context.skip('native TensorFlow is not set up (npm run setup)');
  new TensorflowAddon(root).load(1);
  for (const config of tinyNetworks) {
    const expected = await networkGradients('tensorflow', config);
    expect(largestShare(await networkGradients('wasm', config), expected)).toBeLessThan(1e-4);
  }
});

const shapes: { kernel: number; strides: number; pad: 'same' | 'valid'; height: number; width: number }[] = [
  { kernel: 3, strides: 1, pad: 'same', height: 7, width: 10 },
  { kernel: 3, strides: 2, pad: 'same', height: 7, width: 10 },
  { kernel: 4, strides: 2, pad: 'same', height: 8, width: 6 },
  { kernel: 2, strides: 2, pad: 'same', height: 8, width: 6 },
  { kernel: 1, strides: 2, pad: 'same', height: 8, width: 5 },
  { kernel: 3, strides: 2, pad: 'valid', height: 8, width: 10 },
];

test.for(shapes)(
  'the gradient of a filter agrees: $kernel × $kernel, stride $strides, $pad, $height × $width',
  async ({ kernel, strides, pad, height, width }) => {
    const on = async (backend: string) => {
      await tf.setBackend(backend);
      const x = tf.tensor4d(normal(2 * height * width * 3, 5), [2, height, width, 3]);
      const filter = tf.tensor4d(normal(kernel * kernel * 3 * 5, 6), [kernel, kernel, 3, 5]);
      const gradient = tf.grad((f: tf.Tensor) =>
        tf.sum(tf.square(tf.conv2d(x, f as tf.Tensor4D, strides, pad))),
      )(filter);
      return (await gradient.data()) as Float32Array;
    };
    const [expected, found] = [await on('cpu'), await on('wasm')];
    expect(
      largestShare([{ name: 'filter', values: found }], [{ name: 'filter', values: expected }]),
    ).toBeLessThan(1e-5);
  },
);
