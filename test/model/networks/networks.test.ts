import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { namedNetworks, type NetworkConfig, type UnetConfig } from '../../../contract/network.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { geometryOf } from '../../../model/networks/geometry.ts';
import { initialiseWeights } from '../../../model/networks/initialise.ts';
import { assignWeights, weightNames, weightsOf } from '../../../model/networks/weights.ts';
import { Random } from '../../../model/noise/random.ts';
import { denoise } from '../../../model/training/batch.ts';

beforeAll(() => tf.setBackend('cpu'));

const grey: NetworkConfig = { kind: 'classic', channels: 1 };
const tiny: UnetConfig = { kind: 'unet', channels: 1, width: 1, blocks: [1, 0, 1, 0, 1] };

describe('classic', () => {
  test('has exactly the layers of the tutorial', () => {
    const layers = buildNetwork(grey).layers.map((layer) => {
      const { filters, kernelSize, strides, activation, padding } = layer.getConfig();
      return [layer.name, layer.getClassName(), filters, kernelSize, strides, activation, padding];
    });
    expect(layers).toEqual([
      ['noisy', 'InputLayer', undefined, undefined, undefined, undefined, undefined],
      ['encode0', 'Conv2D', 16, [3, 3], [2, 2], 'relu', 'same'],
      ['encode1', 'Conv2D', 8, [3, 3], [2, 2], 'relu', 'same'],
      ['decode1', 'Conv2DTranspose', 8, [3, 3], [2, 2], 'relu', 'same'],
      ['decode0', 'Conv2DTranspose', 16, [3, 3], [2, 2], 'relu', 'same'],
      ['denoised', 'Conv2D', 1, [3, 3], [1, 1], 'sigmoid', 'same'],
    ]);
  });

  test('has as many parameters as in the tutorial', () => {
    const expected =
      9 * 1 * 16 + 16 + (9 * 16 * 8 + 8) + (9 * 8 * 8 + 8) + (9 * 8 * 16 + 16) + (9 * 16 * 1 + 1);
    expect(geometryOf(grey).parameters).toBe(expected);
    expect(buildNetwork(grey).countParams()).toBe(expected);
  });

  test('costs what its layers cost by hand', () => {
    const perPixel = (9 * 1 * 16) / 4 + (9 * 16 * 8) / 16 + (9 * 8 * 8) / 16 + (9 * 8 * 16) / 4 + 9 * 16 * 1;
    expect(geometryOf(grey).multiplyAdds).toBe(perPixel);
  });
});

describe('unet', () => {
  test('names its layers so that weights of other frameworks find their place', () => {
    const network = buildNetwork({ kind: 'unet', channels: 3, width: 2, blocks: [1, 0, 2, 0, 1] });
    expect(network.inputNames).toEqual(['noisy', 'noise_factor']);
    expect(network.outputNames).toEqual(['denoised']);
    expect(weightNames(network).filter((name) => name.endsWith('/kernel'))).toEqual(
      'stem enc0_res0_a enc0_res0_b down0 down1 middle_res0_a middle_res0_b middle_res1_a middle_res1_b up1 up0 dec0_res0_a dec0_res0_b correction'
        .split(' ')
        .map((layer) => `${layer}/kernel`),
    );
    const sums = network.layers.filter((layer) => layer.getClassName() === 'Add').map(({ name }) => name);
    expect(sums).toEqual([
      'enc0_res0',
      'middle_res0',
      'middle_res1',
      'skip1',
      'skip0',
      'dec0_res0',
      'denoised',
    ]);
  });

  test('has a ReLU after the first convolution of each residual block and nowhere else', () => {
    for (const layer of buildNetwork(tiny).layers) {
      const { activation = 'linear' } = layer.getConfig();
      expect([layer.name, activation]).toEqual([layer.name, layer.name.endsWith('_a') ? 'relu' : 'linear']);
    }
  });

  test('costs what its layers cost by hand', () => {
    const w = 48;
    const stem = (4 * 4 * (3 + 1) * w) / 4;
    const block = 2 * ((9 * w * w) / 4); // at every level: channels double where pixels quarter
    const downs = (2 * 2 * w * 2 * w) / 16 + (2 * 2 * 2 * w * 4 * w) / 64;
    const ups = (2 * 2 * 4 * w * 2 * w) / 64 + (2 * 2 * 2 * w * w) / 16;
    const correction = (4 * 4 * w * 3) / 4;
    const small = stem + 5 * block + downs + ups + correction;
    expect(geometryOf(namedNetworks['unet-small']).multiplyAdds).toBe(small);
    expect(geometryOf(namedNetworks['unet-medium']).multiplyAdds).toBe(small + 6 * block);
  });

  test.each([
    ['unet-slim', 50_000, 60_000],
    ['unet-small', 50_000, 60_000],
    ['unet-medium', 110_000, 130_000],
    ['unet-large', 280_000, 320_000],
  ] as const)('%s costs between %i and %i multiply-adds a pixel', (name, low, high) => {
    const { multiplyAdds } = geometryOf(namedNetworks[name]);
    expect(multiplyAdds).toBeGreaterThan(low);
    expect(multiplyAdds).toBeLessThan(high);
  });

  test('returns its input while the weights are zero, and the correction is added', async () => {
    const network = buildNetwork(tiny);
    const weights = await weightsOf(network);
    for (const { values } of weights.values()) values.fill(0);
    weights.get('correction/bias')!.values.fill(0.25);
    assignWeights(network, weights);
    const noisy = tf.randomUniform<tf.Rank.R4>([1, 8, 16, 1]);
    const difference = tf.sub(denoise(network, noisy, tf.ones([1, 1, 1, 1])), noisy);
    expect(Array.from(await difference.data())).toEqual(expect.arrayContaining([expect.closeTo(0.25, 6)]));
    expect((await tf.max(tf.abs(tf.sub(difference, 0.25))).data())[0]).toBeLessThan(1e-6);
  });

  test('starts close to its input when it is trained from nothing', async () => {
    const config: UnetConfig = { kind: 'unet', channels: 3, width: 8, blocks: [1, 1, 1, 1, 1] };
    const network = buildNetwork(config);
    initialiseWeights(network, config, 1);
    const noisy = tf.randomUniform<tf.Rank.R4>([1, 16, 16, 3]);
    const answer = denoise(network, noisy, tf.fill([1, 1, 1, 1], 0.1));
    const distance = (await tf.mean(tf.abs(tf.sub(answer, noisy))).data())[0]!;
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThan(0.03);
  });
});

describe.each<[string, NetworkConfig]>([
  ['classic', grey],
  ['unet', tiny],
  ['a unet with blocks everywhere', { kind: 'unet', channels: 1, width: 1, blocks: [1, 1, 1, 1, 1] }],
])('%s', (_, config) => {
  test('accepts multiples of its size multiple and nothing less', () => {
    const { multiple } = geometryOf(config);
    const network = buildNetwork(config);
    const sizeAfter = (side: number) =>
      denoise(network, tf.zeros([1, side, side, 1]), tf.zeros([1, 1, 1, 1])).shape[1];
    expect(sizeAfter(multiple)).toBe(multiple);
    expect(sizeAfter(3 * multiple)).toBe(3 * multiple);
    if (config.kind === 'classic') expect(sizeAfter(multiple / 2)).not.toBe(multiple / 2);
    else expect(() => sizeAfter(3 * (multiple / 2))).toThrow();
  });

  test('an answer depends on pixels up to its radius away, and on none beyond; a block less far beyond it', () => {
    const { radius, blockRadius, multiple } = geometryOf(config);
    expect(farthestEffects(config, multiple, radius)).toEqual({ radius, blockRadius });
  });

  test('counts the parameters it has', () => {
    expect(geometryOf(config).parameters).toBe(buildNetwork(config).countParams());
  });
});

/**
 * Changes one pixel of the input at a time, at every phase of the strides, and measures how far away the answer
 * changes along a row: from that pixel, and from the block between two multiples in which the answer lies. All weights are positive and no ReLU is shut, so no effect cancels out; the width is what
 * the largest possible effect needs, and a single row of pixels is enough because kernels are square.
 */
function farthestEffects(
  config: NetworkConfig,
  multiple: number,
  radius: number,
): { radius: number; blockRadius: number } {
  const network = buildNetwork(config);
  const random = new Random(1);
  network.setWeights(
    network.getWeights().map((weight) => {
      const values = Float32Array.from({ length: weight.size }, () => 0.1 + 0.9 * random.uniform());
      // Kernels scaled to a sum of about 1 keep values in the range where float32 and the sigmoid still tell them apart.
      const scale = weight.rank === 4 ? 0.5 / Math.sqrt(weight.size) : 0.01;
      return tf.tensor(values, weight.shape).mul(scale);
    }),
  );
  const width = 2 * Math.ceil((radius + 2 * multiple) / multiple) * multiple;
  const answerTo = (pixel: number | null) => {
    const row = new Float32Array(width * multiple).fill(0.5);
    if (pixel !== null) for (let y = 0; y < multiple; y++) row[y * width + pixel]! += 1e6;
    const noisy = tf.tensor4d(row, [1, multiple, width, 1]);
    return denoise(network, noisy, tf.ones([1, 1, 1, 1])).dataSync();
  };
  const base = answerTo(null);
  const farthest = { radius: 0, blockRadius: 0 };
  for (let phase = 0; phase < multiple; phase++) {
    const pixel = width / 2 - ((width / 2) % multiple) + phase;
    answerTo(pixel).forEach((value, i) => {
      if (value === base[i]) return;
      const first = (i % width) - ((i % width) % multiple);
      const beyond = Math.max(first - pixel, pixel - (first + multiple - 1));
      farthest.radius = Math.max(farthest.radius, Math.abs((i % width) - pixel));
      farthest.blockRadius = Math.max(farthest.blockRadius, beyond);
    });
  }
  return farthest;
}

test('classic starts out answering the mean brightness, so that dark pictures do not black it out', async () => {
  const network = buildNetwork(grey);
  initialiseWeights(network, grey, 1, 0.13);
  const answer = denoise(network, tf.fill([1, 8, 8, 1], 0), tf.zeros([1, 1, 1, 1]));
  expect((await tf.mean(answer).data())[0]).toBeCloseTo(0.13, 6);
  initialiseWeights(network, grey, 1, 0);
  expect((await weightsOf(network)).get('denoised/bias')!.values.every(Number.isFinite)).toBe(true);
});

test('the same seed gives the same initial weights, another seed others', async () => {
  const initial = async (seed: number) => {
    const network = buildNetwork(tiny);
    initialiseWeights(network, tiny, seed);
    return await weightsOf(network);
  };
  expect(await initial(1)).toEqual(await initial(1));
  expect(await initial(1)).not.toEqual(await initial(2));
});

test('weights that do not fit are refused by name, and the network keeps its own', async () => {
  const network = buildNetwork(tiny);
  initialiseWeights(network, tiny, 1);
  const weights = await weightsOf(network);
  const without = new Map(weights);
  without.delete('stem/bias');
  expect(() => assignWeights(network, without)).toThrow('“stem/bias” are missing');
  const reshaped = new Map(weights).set('stem/bias', { shape: [2], values: new Float32Array(2) });
  expect(() => assignWeights(network, reshaped)).toThrow('“stem/bias” is 2, expected 1');
  const more = new Map(weights).set('tail/bias', { shape: [1], values: new Float32Array(1) });
  expect(() => assignWeights(network, more)).toThrow('no place for the weights “tail/bias”');
  expect(await weightsOf(network)).toEqual(weights);
});

test('a network leaves no tensor behind when it is disposed', () => {
  const before = tf.memory().numTensors;
  const network = buildNetwork(tiny);
  initialiseWeights(network, tiny, 1);
  network.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
