import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatPenalties, parsePenalties, type Penalty } from '../../../contract/penalties.ts';
import type { NetworkConfig } from '../../../contract/network.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { codeLayer, encoderOf } from '../../../model/networks/code.ts';
import { initialiseWeights } from '../../../model/networks/initialise.ts';
import { weightsOf } from '../../../model/networks/weights.ts';
import { gaussianInto } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';
import {
  contractionByChance,
  contractionOfDense,
  type DenseActivation,
} from '../../../model/objectives/contractive.ts';
import { penaltySum } from '../../../model/objectives/penalties.ts';
import { activationOf, sparsityKl } from '../../../model/objectives/sparsity-kl.ts';
import { sparsityL1 } from '../../../model/objectives/sparsity-l1.ts';
import { weightDecay } from '../../../model/objectives/weight-decay.ts';
import { Learner } from '../../../model/training/learner.ts';
import { train } from '../../../model/training/train.ts';
import { gradientError } from './finite-differences.ts';

beforeAll(() => tf.setBackend('cpu'));

const valueOf = (scalar: tf.Scalar) => scalar.dataSync()[0]!;

/** Normal numbers. */
function random(shape: number[], seed: number, scale = 1): tf.Tensor {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  gaussianInto(new Random(seed), values);
  return tf.tensor(
    values.map((value) => scale * value),
    shape,
  );
}

describe('sparsity by L1', () => {
  test('is the sum over the units, and the mean over batch and places', () => {
    const dense = tf.tensor2d([[1, -2], [0, 3]]); // prettier-ignore
    expect(valueOf(sparsityL1(dense))).toBeCloseTo((1 + 2 + 0 + 3) / 2, 6);
    const places = dense.reshape([1, 1, 2, 2]);
    expect(valueOf(sparsityL1(places))).toBeCloseTo((1 + 2 + 0 + 3) / 2, 6);
  });

  test('has the gradient of finite differences', async () => {
    expect(await gradientError(sparsityL1, random([3, 4], 1))).toBeLessThan(1e-2);
  });
});

describe('sparsity by KL divergence', () => {
  test('is what the formula says of mean activations', () => {
    const activations = tf.tensor2d([[0.1, 0.8], [0.3, 0.4]]); // prettier-ignore
    const [first, second] = [(0.1 + 0.3) / 2, (0.8 + 0.4) / 2];
    const kl = (rho: number, mean: number) =>
      rho * Math.log(rho / mean) + (1 - rho) * Math.log((1 - rho) / (1 - mean));
    expect(valueOf(sparsityKl(activations, 0.05))).toBeCloseTo(kl(0.05, first) + kl(0.05, second), 5);
  });

  test('is 0 where every unit is as active as wanted, and finite where one never or always is', () => {
    expect(valueOf(sparsityKl(tf.fill([4, 2, 2, 3], 0.2), 0.2))).toBeCloseTo(0, 6);
    expect(valueOf(sparsityKl(tf.tensor2d([[0, 1]]), 0.2))).toBeLessThan(20);
  });

  test('has the gradient of finite differences', async () => {
    const activations = random([3, 4], 2, 0.2).abs().add(0.2);
    expect(await gradientError((x) => sparsityKl(x, 0.1), activations)).toBeLessThan(1e-2);
  });

  test('counts units without a bound by tanh |h|', () => {
    const [silent, negative, loud] = activationOf(tf.tensor1d([0, -0.5, 50])).dataSync();
    expect(silent).toBe(0);
    expect(negative).toBeCloseTo(Math.tanh(0.5), 6);
    expect(loud).toBeCloseTo(1, 6);
  });
});

describe('the contractive penalty', () => {
  const kernel = tf.tensor2d([[0.5, -1], [2, 1], [0, 3]]); // prettier-ignore
  const columns = [0.5 ** 2 + 2 ** 2 + 0, 1 + 1 + 3 ** 2] as const;

  test('of a linear layer is the sum of its squared weights, whatever the input', () => {
    const code = random([5, 2], 3) as tf.Tensor2D;
    expect(valueOf(contractionOfDense(code, kernel, 'linear'))).toBeCloseTo(columns[0] + columns[1], 5);
  });

  test('of a sigmoid layer weighs each unit by its slope', () => {
    const code = tf.tensor2d([[0.5, 0.2], [0.9, 0.1]]); // prettier-ignore
    const of = (a: number, b: number) => (a * (1 - a)) ** 2 * columns[0] + (b * (1 - b)) ** 2 * columns[1];
    const expected = (of(0.5, 0.2) + of(0.9, 0.1)) / 2;
    expect(valueOf(contractionOfDense(code, kernel, 'sigmoid'))).toBeCloseTo(expected, 5);
  });

  test.each(['linear', 'relu', 'sigmoid', 'tanh'] as const)(
    'by chance is on average the exact one of a dense layer: %s',
    (activation: DenseActivation) => {
      const weights = random([6, 4], 4, 0.7) as tf.Tensor2D;
      const input = random([8, 6], 5) as tf.Tensor2D;
      const layer = (x: tf.Tensor) => {
        const z = tf.matMul(x, weights);
        return activation === 'linear' ? z : tf[activation](z);
      };
      const exact = valueOf(contractionOfDense(layer(input) as tf.Tensor2D, weights, activation));
      const stream = new Random(6);
      const draws = 400;
      let sum = 0;
      for (let i = 0; i < draws; i++) sum += valueOf(contractionByChance(layer, input, stream.split(i)));
      // A squared projection varies by about √2 of its mean; 8 pictures and 400 draws leave 2.5 % of it.
      expect(Math.abs(sum / draws / exact - 1)).toBeLessThan(0.08);
    },
  );

  test('by chance is on average the exact one of a convolution, computed entry by entry', () => {
    const filters = random([3, 3, 1, 2], 7, 0.5) as tf.Tensor4D;
    const encode = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filters, 2, 'same');
    const input = random([1, 6, 6, 1], 8);
    const squares = Array.from({ length: 36 }, (_, i) => {
      const unit = new Float32Array(36);
      unit[i] = 1;
      return valueOf(tf.sum(tf.square(encode(tf.tensor4d(unit, [1, 6, 6, 1])))));
    });
    const exact = squares.reduce((sum, square) => sum + square, 0) / 9; // 3 × 3 places
    const stream = new Random(9);
    let sum = 0;
    for (let i = 0; i < 600; i++) sum += valueOf(contractionByChance(encode, input, stream.split(i)));
    expect(Math.abs(sum / 600 / exact - 1)).toBeLessThan(0.1);
  });

  test('has gradients of finite differences, by the code and by the weights', async () => {
    const weights = random([4, 3], 10, 0.5) as tf.Tensor2D;
    const input = random([2, 4], 11);
    const code = tf.sigmoid<tf.Tensor2D>(tf.matMul(input, weights));
    const byCode = (h: tf.Tensor) => contractionOfDense(h as tf.Tensor2D, weights, 'sigmoid');
    expect(await gradientError(byCode, code)).toBeLessThan(1e-2);
    const byWeights = (w: tf.Tensor) =>
      contractionByChance(
        (x) => tf.sigmoid(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)),
        input,
        new Random(12),
      );
    expect(await gradientError(byWeights, weights)).toBeLessThan(2e-2);
  });
});

describe('weight decay', () => {
  test('is half the sum of the squares, and its gradient the weights themselves', async () => {
    const kernels = [tf.tensor2d([[1, -2]]), tf.tensor1d([3])];
    expect(valueOf(weightDecay(kernels))).toBeCloseTo((1 + 4 + 9) / 2, 6);
    const gradient = tf.grad((x: tf.Tensor) => weightDecay([x]))(kernels[0]!);
    expect([...(await gradient.data())]).toEqual([1, -2]);
    expect(await gradientError((x) => weightDecay([x]), random([3, 2], 13))).toBeLessThan(1e-2);
  });
});

describe('the code of a network', () => {
  const networks: [NetworkConfig, string, number[]][] = [
    [{ kind: 'classic', channels: 1 }, 'encode1', [2, 4, 4, 8]],
    [{ kind: 'unet', channels: 3, width: 2, blocks: [1, 0, 2, 0, 1] }, 'middle_res1', [2, 2, 2, 8]],
    [{ kind: 'unet', channels: 1, width: 2, blocks: [0, 0, 0, 0, 0] }, 'down1', [2, 2, 2, 8]],
  ];
  test.each(networks)('is its narrowest place: %o', (config, layer, shape) => {
    expect(codeLayer(config)).toBe(layer);
    const network = buildNetwork(config);
    const input = [tf.ones([2, 16, 16, config.channels]), tf.ones([2, 16, 16, 1])];
    const code = encoderOf(network, config).apply(input.slice(0, network.inputs.length)) as tf.Tensor;
    expect(code.shape).toEqual(shape);
    network.dispose();
  });
});

describe('training with penalties', () => {
  const config: NetworkConfig = { kind: 'classic', channels: 1 };
  const side = 8;
  const batch = (step: number) => {
    const clean = new Float32Array(2 * side * side);
    gaussianInto(new Random(step), clean);
    const values = clean.map((value) => 0.5 + 0.2 * value);
    return { count: 2, side, channels: 1, clean: values, noisy: values, told: new Float32Array(2) };
  };
  const plan = (penalties: readonly Penalty[]) => ({
    loss: 'mean-squared-error' as const,
    endLoss: 'same' as const,
    gradientNorm: 5,
    learningRate: 1e-2,
    warmUpSteps: 1,
    schedule: 'cosine' as const,
    averaging: 0.5,
    progress: (step: number) => step / 12,
    penalties,
  });
  async function trained(penalties: readonly Penalty[]) {
    const learner = new Learner(config, (network) => initialiseWeights(network, config, 3));
    const losses: number[] = [];
    for await (const { loss } of train(learner, batch, plan(penalties), new AbortController().signal)) {
      losses.push(loss);
    }
    const input = tf.tensor4d(batch(0).noisy, [2, side, side, 1]);
    const code = encoderOf(learner.network, config).apply(input) as tf.Tensor;
    const weights = await weightsOf(learner.network);
    const kernels = [...weights].flatMap(([name, { values }]) =>
      name.endsWith('kernel') ? [tf.tensor1d(values)] : [],
    );
    const found = {
      losses,
      l1: valueOf(sparsityL1(code)),
      kl: valueOf(sparsityKl(activationOf(code), 0.05)),
      decay: valueOf(weightDecay(kernels)),
      contraction: valueOf(
        contractionByChance(
          (x) => encoderOf(learner.network, config).apply(x) as tf.Tensor,
          input,
          new Random(1),
        ),
      ),
    };
    learner.dispose();
    return found;
  }

  test('brings down what each penalises, and the loss that is told does not hold it', async () => {
    const plain = await trained([]);
    const of = async (penalty: string) => trained(parsePenalties(penalty));
    expect((await of('sparsity-l1:1')).l1).toBeLessThan(0.7 * plain.l1);
    expect((await of('sparsity-kl:1:0.05')).kl).toBeLessThan(0.7 * plain.kl);
    expect((await of('contractive:1')).contraction).toBeLessThan(0.7 * plain.contraction);
    const decayed = await of('weight-decay:1');
    expect(decayed.decay).toBeLessThan(0.9 * plain.decay);
    expect(decayed.losses[0]).toBeCloseTo(plain.losses[0]!, 6);
  });

  test('leaves no tensor behind, and several add up', async () => {
    const about = () => {
      const code = tf.tensor2d([[1, -2]]);
      return { code, noisy: code, encode: (x: tf.Tensor) => x, kernels: [code], random: new Random(1) };
    };
    const both = valueOf(penaltySum(parsePenalties('sparsity-l1:2+weight-decay:4'), about()));
    expect(both).toBeCloseTo(2 * 3 + 4 * 2.5, 5);
    const penalties = parsePenalties('sparsity-l1:1+sparsity-kl:1+contractive:1+weight-decay:1');
    const learner = new Learner(config, (network) => initialiseWeights(network, config, 3));
    const run = train(learner, batch, plan(penalties), new AbortController().signal);
    await run.next();
    const before = tf.memory().numTensors;
    await run.next();
    await run.next();
    expect(tf.memory().numTensors).toBe(before);
    await run.return();
    learner.dispose();
  });
});

describe('the grammar of penalties', () => {
  test('reads what it writes, with the usual ρ where none is given', () => {
    const text = 'sparsity-l1:0.001+sparsity-kl:0.01:0.1+contractive:0.5+weight-decay:0.00001';
    expect(parsePenalties(formatPenalties(parsePenalties(text)))).toEqual(parsePenalties(text));
    expect(parsePenalties('sparsity-kl:1')).toEqual([{ kind: 'sparsity-kl', weight: 1, activation: 0.05 }]);
  });

  test.each([
    '',
    'sparsity',
    'sparsity-l1',
    'sparsity-l1:',
    'sparsity-l1:0',
    'sparsity-l1:-1',
    'sparsity-l1:1:2',
    'sparsity-kl:1:1.5',
    'contractive:x',
    'contractive:1:1:1',
    'weight-decay:1+',
  ])('refuses “%s”', (text) => {
    expect(() => parsePenalties(text)).toThrow('kind:WEIGHT');
  });
});
