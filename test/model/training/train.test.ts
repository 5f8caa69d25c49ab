import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../contract/errors.ts';
import type { UnetConfig } from '../../../contract/network.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { initialiseWeights } from '../../../model/networks/initialise.ts';
import { assignWeights, weightsOf } from '../../../model/networks/weights.ts';
import { Random } from '../../../model/noise/random.ts';
import { losses } from '../../../model/objectives/losses.ts';
import { average } from '../../../model/training/averaging.ts';
import type { Batch } from '../../../model/training/batch.ts';
import { Learner, type LearnerState } from '../../../model/training/learner.ts';
import { addNoise } from '../../../model/training/noisy-batch.ts';
import { clipByGlobalNorm, globalNorm, trainStep } from '../../../model/training/step.ts';
import { train, type StepReport, type TrainingPlan } from '../../../model/training/train.ts';

beforeAll(() => tf.setBackend('cpu'));

const config: UnetConfig = { kind: 'unet', channels: 1, width: 4, blocks: [1, 0, 0, 0, 1] };
const SIDE = 16;

function planOf(steps: number): TrainingPlan {
  return {
    loss: 'mean-absolute-error',
    endLoss: 'same',
    gradientNorm: 0.5,
    learningRate: 5e-3,
    schedule: 'cosine',
    warmUpSteps: 2,
    averaging: 0.9,
    progress: (step) => step / steps,
  };
}

/** Smooth ramps in random directions, with noise. */
function batchAt(step: number): Batch {
  const random = new Random(42).split(step);
  const clean = new Float32Array(4 * SIDE * SIDE);
  for (let i = 0; i < 4; i++) {
    const [right, down] = [random.uniform() - 0.5, random.uniform() - 0.5];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        clean[(i * SIDE + y) * SIDE + x] = 0.5 + (right * (x - 8) + down * (y - 8)) / SIDE;
      }
    }
  }
  const choices = {
    ranges: [{ kind: 'gaussian' as const, low: 0.1, high: 0.2 }],
    clippedShare: 0.5,
    wrongFactorShare: 0.1,
    greyShare: 0,
  };
  return addNoise({ count: 4, side: SIDE, channels: 1, clean }, choices, random.split('noise'));
}

const freshLearner = (seed = 1) => new Learner(config, (network) => initialiseWeights(network, config, seed));

const flatWeights = async (network: tf.LayersModel) =>
  [...(await weightsOf(network)).values()].flatMap(({ values }) => [...values]);

async function collect(reports: AsyncIterable<StepReport>): Promise<StepReport[]> {
  const collected: StepReport[] = [];
  for await (const report of reports) collected.push(report);
  return collected;
}

/** Trains a fresh network. */
async function trained(
  steps: number,
): Promise<{ reports: StepReport[]; weights: number[]; averaged: number[] }> {
  const learner = freshLearner();
  const reports = await collect(train(learner, batchAt, planOf(steps), new AbortController().signal));
  const { network, averaged } = learner;
  const result = { reports, weights: await flatWeights(network), averaged: await flatWeights(averaged) };
  learner.dispose();
  return result;
}

test('a training step changes the weights and leaks no tensor', async () => {
  const { network, adam } = freshLearner();
  const settings = { loss: losses['mean-absolute-error'], gradientNorm: 0.5, learningRate: 1e-3 };
  const weights = await flatWeights(network);
  const before = tf.memory().numTensors;
  const { loss, gradientNorm } = await trainStep(network, adam, batchAt(1), settings);
  expect(tf.memory().numTensors).toBe(before);
  expect(loss).toBeGreaterThan(0);
  expect(gradientNorm).toBeGreaterThan(0);
  const changed = (await flatWeights(network)).filter((value, i) => value !== weights[i]);
  expect(changed.length).toBeGreaterThan(weights.length / 2);
});

test('a whole training leaks no tensor', async () => {
  await trained(2);
  const before = tf.memory().numTensors;
  await trained(3);
  expect(tf.memory().numTensors).toBe(before);
});

test('the loss falls', async () => {
  const plan = { ...planOf(25), learningRate: 2e-2 };
  const reports = await collect(train(freshLearner(), () => batchAt(0), plan, new AbortController().signal));
  expect(reports.at(-1)!.loss).toBeLessThan(0.75 * reports[0]!.loss);
});

test('the same seed and batches give the same weights, another seed others', async () => {
  const [first, second] = [await trained(5), await trained(5)];
  expect(second.weights).toEqual(first.weights);
  expect(second.averaged).toEqual(first.averaged);
  const other = await flatWeights(freshLearner(2).network);
  expect(other).not.toEqual(await flatWeights(freshLearner(1).network));
});

test('every step is reported once, with the learning rate of the schedule', async () => {
  const { reports } = await trained(4);
  expect(reports.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  expect(reports[0]!.learningRate).toBeCloseTo(5e-3 / 2, 8);
  expect(reports[3]!.learningRate).toBeLessThan(reports[1]!.learningRate);
});

test('an aborted training ends with the reason of the signal and keeps the weights so far', async () => {
  const learner = freshLearner();
  const stop = new AbortController();
  const steps: number[] = [];
  const run = async () => {
    for await (const { step } of train(learner, batchAt, planOf(100), stop.signal)) {
      steps.push(step);
      if (step === 2) stop.abort(new AppError('cancelled'));
    }
  };
  await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
  expect(steps).toEqual([1, 2]);
  expect(await flatWeights(learner.network)).not.toEqual(await flatWeights(freshLearner().network));
});

test('a loss that is not a number stops the training and leaves the averaged weights finite', async () => {
  const learner = freshLearner();
  const broken = (step: number) => {
    const batch = batchAt(step);
    if (step === 2) batch.clean[5] = NaN;
    return batch;
  };
  const run = collect(train(learner, broken, planOf(10), new AbortController().signal));
  await expect(run).rejects.toMatchObject({ code: 'training-diverged', details: { step: 3 } });
  expect((await flatWeights(learner.averaged)).every(Number.isFinite)).toBe(true);
});

test('weights that cannot count any more are noticed by their gradients or loss within two steps', async () => {
  const learner = freshLearner();
  const plan = { ...planOf(10), learningRate: 1e38, warmUpSteps: 0 };
  const run = collect(train(learner, batchAt, plan, new AbortController().signal));
  await expect(run).rejects.toMatchObject({ code: 'training-diverged', details: { step: 2 } });
});

describe('gradients', () => {
  const gradients = () => ({ a: tf.tensor1d([3]), b: tf.tensor1d([0, 4]) });

  test('have the norm of all of them together', () => {
    expect(globalNorm(gradients()).dataSync()[0]).toBeCloseTo(Math.sqrt(3 ** 2 + 4 ** 2), 6);
  });

  test('over the limit are shrunk together to it', () => {
    const clipped = clipByGlobalNorm(gradients(), tf.scalar(5), 1);
    expect([...clipped['a']!.dataSync()]).toEqual([expect.closeTo(3 / 5, 6)]);
    expect([...clipped['b']!.dataSync()]).toEqual([0, expect.closeTo(4 / 5, 6)]);
  });

  test('within the limit stay as they are', () => {
    const clipped = clipByGlobalNorm(gradients(), tf.scalar(5), 10);
    expect([...clipped['b']!.dataSync()]).toEqual([0, expect.closeTo(4, 6)]);
  });
});

describe('averaged weights', () => {
  /** A network all of whose weights are one number. */
  async function filled(value: number): Promise<tf.LayersModel> {
    const network = buildNetwork(config);
    const weights = await weightsOf(network);
    for (const { values } of weights.values()) values.fill(value);
    assignWeights(network, weights);
    return network;
  }
  const valuesOf = async (network: tf.LayersModel) => [...new Set(await flatWeights(network))];

  test('move by 1 − decay towards the latest', async () => {
    const averaged = await filled(1);
    average(averaged, await filled(2), 0.9, 1_000_000);
    expect(await valuesOf(averaged)).toEqual([expect.closeTo(0.9 * 1 + 0.1 * 2, 6)]);
  });

  test('forget the start quickly: after the first step only a tenth of it is left', async () => {
    const averaged = await filled(1);
    average(averaged, await filled(2), 0.999, 0);
    expect(await valuesOf(averaged)).toEqual([expect.closeTo(0.1 * 1 + 0.9 * 2, 6)]);
  });

  test('leave the network and the number of tensors as they are', async () => {
    const [averaged, network] = [await filled(1), await filled(2)];
    const before = tf.memory().numTensors;
    average(averaged, network, 0.5, 10);
    expect(tf.memory().numTensors).toBe(before);
    expect(await valuesOf(network)).toEqual([2]);
  });
});

test('Adam takes the steps that TensorFlow’s takes', async () => {
  const [ours, theirs] = [freshLearner(), freshLearner()];
  const reference = tf.train.adam(1e-2, 0.9, 0.999, 1e-7);
  const [mine, weights] = [ours.adam.weights, theirs.adam.weights];
  for (let step = 0; step < 5; step++) {
    const gradientOf = (shape: number[], i: number) =>
      tf.randomNormal(shape, 0, 0.1, 'float32', 7 + i + 100 * step);
    const gradients = (of: tf.Variable[]) =>
      of.map((weight, i) => ({ name: weight.name, tensor: gradientOf(weight.shape, i) }));
    const named = gradients(mine).map(({ name, tensor }): [string, tf.Tensor] => [name, tensor]);
    ours.adam.apply(Object.fromEntries(named), 1e-2);
    reference.applyGradients(gradients(weights));
  }
  const [a, b] = [await flatWeights(ours.network), await flatWeights(theirs.network)];
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-6);
});

describe('a learner whose state was taken out and put into a new one', () => {
  const until = async (learner: Learner, steps: number): Promise<StepReport[]> => {
    const reports: StepReport[] = [];
    for await (const report of train(
      learner,
      batchAt,
      { ...planOf(12), endLoss: 'mean-squared-error' },
      new AbortController().signal,
    )) {
      reports.push(report);
      if (report.step === steps) break;
    }
    return reports;
  };

  test.each([1, 5, 11])('after step %i goes on bit for bit as if it had never been stopped', async (stop) => {
    const undisturbed = freshLearner();
    const losses = (await until(undisturbed, 12)).map(({ loss }) => loss);
    const first = freshLearner();
    await until(first, stop);
    const state: LearnerState = structuredClone(await first.state());
    const second = freshLearner(99);
    second.restore(state);
    expect((await until(second, 12)).map(({ loss }) => loss)).toEqual(losses.slice(stop));
    expect(await flatWeights(second.network)).toEqual(await flatWeights(undisturbed.network));
    expect(await flatWeights(second.averaged)).toEqual(await flatWeights(undisturbed.averaged));
  });

  test('leaves no tensor behind when it is disposed', async () => {
    const before = tf.memory().numTensors;
    const learner = freshLearner();
    learner.restore(await learner.state());
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the change to the squared error', () => {
  const plan: TrainingPlan = { ...planOf(30), endLoss: 'mean-squared-error' };
  const changeAt = 27;

  test('neither jumps in the loss nor in how far the weights move', async () => {
    const learner = freshLearner();
    const moves: number[] = [];
    const losses: number[] = [];
    let before = await flatWeights(learner.network);
    for await (const { loss, learningRate } of train(learner, batchAt, plan, new AbortController().signal)) {
      const after = await flatWeights(learner.network);
      moves.push(Math.hypot(...after.map((value, i) => value - before[i]!)) / learningRate);
      losses.push(loss);
      before = after;
    }
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [movedBefore, movedAfter] = [
      mean(moves.slice(changeAt - 10, changeAt)),
      mean(moves.slice(changeAt)),
    ];
    expect(movedAfter / movedBefore).toBeGreaterThan(0.6);
    expect(movedAfter / movedBefore).toBeLessThan(1.6);
    const [lossBefore, lossAfter] = [
      mean(losses.slice(changeAt - 10, changeAt)),
      mean(losses.slice(changeAt)),
    ];
    expect(lossAfter / lossBefore).toBeGreaterThan(0.5);
    expect(lossAfter / lossBefore).toBeLessThan(1.6);
  });

  test('is not made where the loss is to stay the same', async () => {
    const short: TrainingPlan = { ...planOf(10), endLoss: 'mean-squared-error' };
    const same = { ...short, endLoss: 'same' as const };
    const run = async (chosen: TrainingPlan) =>
      (await collect(train(freshLearner(), batchAt, chosen, new AbortController().signal))).map(
        ({ loss }) => loss,
      );
    const [changed, kept] = [await run(short), await run(same)];
    expect(changed.slice(0, 9)).toEqual(kept.slice(0, 9));
    expect(changed[9]).not.toBe(kept[9]);
  });
});
