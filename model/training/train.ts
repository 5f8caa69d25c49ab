import { AppError } from '../../contract/errors.ts';
import type { Penalty } from '../../contract/penalties.ts';
import { Random } from '../noise/random.ts';
import { lossFor, nextTypicalError, type LossChoice } from '../objectives/end-loss.ts';
import { average } from './averaging.ts';
import type { Batch } from './batch.ts';
import type { Learner } from './learner.ts';
import { penalised } from './penalised.ts';
import { learningRateAt, type Schedule } from './schedule.ts';
import { trainStep } from './step.ts';

export interface TrainingPlan extends Schedule, LossChoice {
  /** Global norm to which the gradients are clipped. */
  readonly gradientNorm: number;
  /** Decay of the averaged weights, per step. */
  readonly averaging: number;
  /** What is minimised beside the loss. */
  readonly penalties?: readonly Penalty[];
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
 * Trains from where the learner stands to the end of the plan. Only trains: the caller makes batches, and validates,
 * saves and shows between two steps.
 * @throws AppError `training-diverged` at the first loss or gradient that is not a number; the averaged weights are as
 * before that step
 * @throws the signal's reason when aborted
 */
export async function* train(
  learner: Learner,
  nextBatch: (step: number) => Batch | Promise<Batch>,
  plan: TrainingPlan,
  signal: AbortSignal,
): AsyncGenerator<StepReport, void, undefined> {
  const { network, averaged, adam } = learner;
  const penalise = penalised(network, learner.config, plan.penalties ?? []);
  for (;;) {
    signal.throwIfAborted();
    const { step, typicalError } = learner;
    const progress = plan.progress(step);
    if (progress >= 1) return;
    const learningRate = learningRateAt(plan, step, progress);
    // Directions are drawn from the step's number: a training that is taken up again draws the same.
    const beside = { penalise, random: new Random(step).split('penalties') };
    const settings = { ...plan, ...beside, learningRate, loss: lossFor(plan, progress, typicalError) };
    const { loss, gradientNorm } = await trainStep(network, adam, await nextBatch(step), settings);
    // A gradient that is no number has just spoilt the weights; the average must not take them in.
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new AppError('training-diverged', { step: step + 1, learningRate });
    }
    average(averaged, network, plan.averaging, step);
    learner.typicalError = nextTypicalError(plan, progress, typicalError, loss);
    learner.step = step + 1;
    yield { step: step + 1, loss, learningRate };
  }
}
