import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { UnetConfig } from '../../../contract/network.ts';
import type { FloatImage } from '../../../model/image.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { assignWeights, weightsOf } from '../../../model/networks/weights.ts';
import {
  baselines,
  syntheticCases,
  validate,
  validationNoises,
  type CleanPicture,
} from '../../../model/training/validate.ts';

beforeAll(() => tf.setBackend('cpu'));

const config: UnetConfig = { kind: 'unet', channels: 1, width: 1, blocks: [0, 0, 0, 0, 0] };
const picture: FloatImage = {
  width: 32,
  height: 24,
  channels: 1,
  samples: new Float32Array(32 * 24).fill(128 / 255),
};

/** The picture, some times, with Gaussian noise of each factor. */
function cases(count: number, factors: readonly number[], seed = 1) {
  const pictures = Array.from({ length: count }, (): CleanPicture => ({ image: picture, eightBit: true }));
  const noises = factors.map((amount) => [{ kind: 'gaussian' as const, amount }]);
  return syntheticCases(pictures, noises, seed);
}

/** A U-Net whose correction is one number everywhere. */
async function correcting(by: number): Promise<tf.LayersModel> {
  const network = buildNetwork(config);
  const weights = await weightsOf(network);
  for (const { values } of weights.values()) values.fill(0);
  weights.get('correction/bias')!.values.fill(by);
  assignWeights(network, weights);
  return network;
}

test('a network that changes nothing scores what the noisy picture scores', async () => {
  const scores = await validate(await correcting(0), cases(1, [0.05]));
  const { noisy } = await baselines(cases(1, [0.05]));
  expect(noisy.psnr).toBeCloseTo(20 * Math.log10(1 / 0.05), 0);
  expect(scores.psnr).toBeCloseTo(noisy.psnr, 1); // rounding to 8 bit is all the difference
  expect(scores.ssim).toBeCloseTo(noisy.ssim!, 2);
});

test('a network that makes it worse scores less', async () => {
  const scores = await validate(await correcting(0.2), cases(1, [0.05]));
  expect(scores.psnr).toBeLessThan((await baselines(cases(1, [0.05]))).noisy.psnr);
});

test('the blur to be beaten is the best of a few widths: of a flat picture the widest', async () => {
  const { noisy, blur } = await baselines(cases(1, [0.05]));
  // A blur of 2 pixels averages over about 4πσ² = 50 of them, fewer at the edges.
  expect(blur.psnr - noisy.psnr).toBeGreaterThan(10 * Math.log10(25));
  expect(blur.ssim).toBeGreaterThan(noisy.ssim!);
});

test('the noise is the same each time and leaves no tensor behind', async () => {
  const network = await correcting(0.01);
  const before = tf.memory().numTensors;
  const scores = await validate(network, cases(2, [0.05, 0.1]));
  expect(await validate(network, cases(2, [0.05, 0.1]))).toEqual(scores);
  expect(await validate(network, cases(2, [0.05, 0.1], 2))).not.toEqual(scores);
  expect(tf.memory().numTensors).toBe(before);
});

test('messages get in between two answers', async () => {
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await validate(await correcting(0), cases(2, [0.05, 0.1]));
  running = false;
  expect(turns).toBeGreaterThan(2 * 2 * 2 - 1);
});

test('noise factors of Gaussian noise are the usual ones that lie in the range, or its middle', () => {
  const factors = (low: number, high: number) =>
    validationNoises([{ kind: 'gaussian', low, high }]).map(([noise]) => noise!.amount);
  expect(factors(0, 0.22)).toEqual([15 / 255, 25 / 255, 50 / 255]);
  expect(factors(0.08, 0.12)).toEqual([25 / 255]);
  expect(factors(0.2, 0.2)).toEqual([0.2]);
  expect(factors(0, 0.02)).toEqual([0.01]);
});

test('other noise is looked at weak, medium and strong', () => {
  const noises = validationNoises([
    { kind: 'speckle', low: 0, high: 0.4 },
    { kind: 'jpeg', low: 20, high: 60 },
  ]);
  expect(noises.map(([speckle, jpeg]) => [speckle!.amount, jpeg!.amount])).toEqual([
    [0.1, 30],
    [0.2, 40],
    [expect.closeTo(0.3, 10), 50],
  ]);
});

test('where only some values count, the others have no say', async () => {
  const target = picture.samples.slice();
  const noisy = { ...picture, samples: target.map((value, i) => (i % 4 === 0 ? value + 0.1 : 1)) };
  const counted = Uint32Array.from({ length: target.length / 4 }, (_, i) => 4 * i);
  const question = { noisy, told: 0.1, target, counted, eightBit: false };
  expect((await validate(await correcting(0), [question])).psnr).toBeCloseTo(20, 3);
  expect((await baselines([question])).noisy).toEqual({ psnr: expect.closeTo(20, 3) as number, ssim: null });
});
