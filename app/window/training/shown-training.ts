import { basename } from 'node:path';
import type { TrainingOutcome, TrainingProgress, Validation } from '../../../contract/train.ts';
import { calling, type Failure } from '../../../contract/errors.ts';
import {
  trainingChoices,
  type Quality,
  type TrainingCheckpoint,
  type TrainingCurve,
  type TrainingPhase,
  type TrainingPin,
  type TrainingPlace,
  type TrainingState,
  type TrainingValidation,
} from '../../../contract/training-view.ts';
import { idOf } from '../../models/import-model.ts';
import type { Snapshot } from '../../training/snapshots.ts';
import type { StoredTraining } from '../../training/stored-training.ts';
import { fractionOf, type TrainingHistory } from '../../training/training-history.ts';

/** A training and all that is known of it. */
export interface KnownTraining {
  readonly stored: StoredTraining;
  readonly history: TrainingHistory;
  readonly phase: TrainingPhase;
  /** What it said last; null where it is not at work. */
  readonly progress: TrainingProgress | null;
  readonly kept: number | null;
  readonly pausedBy: Failure | null;
  /** How it ended, and whether its model is in the library. */
  readonly ending:
    | (Pick<TrainingOutcome, 'steps' | 'stopped' | 'endedBy' | 'leftOut'> & {
        readonly modelIsThere: boolean;
      })
    | null;
}

/** As a window sees it. */
export function shownTraining(known: KnownTraining, places: readonly TrainingPlace[]): TrainingState {
  const { stored, history, phase, progress, kept, pausedBy, ending } = known;
  const choices = trainingChoices.strip().parse(stored.config);
  const validations = history.validations.map(shownValidation);
  const { begun } = history;
  return {
    phase,
    training: stored.jobId,
    name: stored.config.name,
    recipe: stored.recipe,
    choices,
    places,
    pictures: begun && { training: begun.training, validation: begun.validation, leftOut: begun.leftOut },
    step: ending?.steps ?? history.step,
    steps: 'steps' in choices.length ? choices.length.steps : history.steps,
    fraction: fractionOf(stored.config, history),
    secondsSoFar: history.seconds,
    secondsLeft: finite(progress?.secondsLeft),
    stepsPerSecond: finite(progress?.stepsPerSecond),
    loss: finite(progress?.loss ?? history.losses.at(-1)?.loss),
    latest: validations.at(-1) ?? null,
    best: validations.findLast(({ best }) => best) ?? null,
    verdict: history.verdict,
    pins: pinsOf(history),
    kept,
    pausedBy,
    trouble: history.trouble,
    result: ending && {
      model: ending.modelIsThere ? idOf(stored.config.name) : null,
      stopped: ending.stopped,
      endedBy: ending.endedBy,
      leftOut: ending.leftOut.map(({ file, reason }) => ({
        file: basename(file),
        reason: calling(reason, file, basename(file)),
      })),
    },
  };
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

function pinsOf({ begun }: TrainingHistory): TrainingPin[] {
  return (begun?.pinned ?? []).map(({ name, page, validation, width, height, hasClean }, i) => ({
    pin: String(i),
    name,
    page,
    validation,
    width,
    height,
    hasClean,
  }));
}

function shownValidation({ step, psnr, ssim, loss, best }: Validation): TrainingValidation {
  return { step, psnr, ssim: ssim ?? null, loss: loss ?? null, best };
}

/** The lines of the plot, with those to beat. */
export function shownCurve({
  losses,
  validations,
}: Pick<TrainingHistory, 'losses' | 'validations'>): TrainingCurve {
  const last = validations.at(-1);
  const line = (psnr: number | undefined, ssim: number | undefined): Quality | null =>
    psnr === undefined ? null : { psnr, ssim: ssim ?? null };
  return {
    losses,
    validations: validations.map(shownValidation),
    noisy: last ? line(last.noisyPsnr, last.noisySsim) : null,
    blur: last ? line(last.blurPsnr, last.blurSsim) : null,
    start: last ? line(last.startPsnr, last.startSsim) : null,
  };
}

/** The checkpoints that there are, each with the validation that was made of it. */
export function shownCheckpoints(
  { validations, shown, begun }: TrainingHistory,
  snapshots: readonly Snapshot[],
): TrainingCheckpoint[] {
  const best = validations.findLast((validation) => validation.best)?.step;
  return snapshots.map(({ step, usable }) => {
    const found = validations.find((validation) => validation.step === step);
    return {
      step,
      seconds: shown.find((one) => one.step === step)?.seconds ?? 0,
      quality: found ? { psnr: found.psnr, ssim: found.ssim ?? null } : null,
      best: step === best,
      previews: (begun?.pinned.length ?? 0) > 0,
      usable,
    };
  });
}
