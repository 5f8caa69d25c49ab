import * as tf from '@tensorflow/tfjs';
import { AppError } from '../../contract/errors.ts';
import type { Loss } from '../objectives/losses.ts';
import { average } from './averaging.ts';
import type { Batch } from './batch.ts';
import { learningRateAt, type Schedule } from './schedule.ts';
import { trainStep } from './step.ts';

export interface TrainingPlan extends Schedule {
  readonly loss: Loss;
  /** Global norm to which the gradients are clipped. */
  readonly gradientNorm: number;
  /** Decay of the averaged weights, per step. */
  readonly averaging: number;
  /** How far the training is before a step (counted from 0): ends at 1. By steps done, or by time. */
  readonly progress: (step: number) => number;
}

export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

/**
 * Trains `network` and keeps `averaged`, a copy of it, at the running mean of its weights. Only trains: the
 * caller makes batches, and validates, saves and shows between two steps.
 * @throws AppError `training-diverged` at the first loss or gradient that is not a number; `averaged` is as before that step
 * @throws the signal's reason when aborted
 */
export async function* train(
  network: tf.LayersModel,
  averaged: tf.LayersModel,
  nextBatch: (step: number) => Batch | Promise<Batch>,
  plan: TrainingPlan,
  signal: AbortSignal,
): AsyncGenerator<StepReport, void, undefined> {
  // The epsilon is given because the default depends on the backend.
  const optimizer = tf.train.adam(plan.learningRate, 0.9, 0.999, 1e-7);
  try {
    for (let step = 0; ; step++) {
      signal.throwIfAborted();
      const progress = plan.progress(step);
      if (progress >= 1) return;
      const learningRate = learningRateAt(plan, step, progress);
      setLearningRate(optimizer, learningRate);
      const { loss, gradientNorm } = await trainStep(network, optimizer, await nextBatch(step), plan);
      // A gradient that is no number has just spoilt the weights; the average must not take them in.
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        throw new AppError('training-diverged', { step: step + 1, learningRate });
      }
      average(averaged, network, plan.averaging, step);
      yield { step: step + 1, loss, learningRate };
    }
  } finally {
    optimizer.dispose();
  }
}

/** TensorFlow.js has no public setter; the field is read at each step. */
function setLearningRate(optimizer: tf.AdamOptimizer, learningRate: number): void {
  (optimizer as unknown as { learningRate: number }).learningRate = learningRate;
}
