import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import type { ModelLocation, TrainRequest } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import { formatNoise } from '../../contract/noise.ts';
import type { TrainingConfig, TrainingOutcome, TrainingProgress, Validation } from '../../contract/train.ts';
import { buildNetwork } from '../../model/networks/build.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import { initialiseWeights } from '../../model/networks/initialise.ts';
import { assignWeights, type NamedWeights } from '../../model/networks/weights.ts';
import { losses } from '../../model/objectives/losses.ts';
import { train, type StepReport } from '../../model/training/train.ts';
import { saveModel, settleModelFolder, type CardToBe } from '../models/save.ts';
import { BestModel } from '../training/best-model.ts';
import { openTrainingData, type DecodePicture, type TrainingData } from '../training/training-data.ts';

/** What a training needs of the rest of the engine. */
export interface TrainingServices {
  readonly decode: DecodePicture;
  /** Makes a backend that can train the current one. @throws AppError `training-unavailable` */
  startBackend(threads: number): Promise<void>;
  loadModel(location: ModelLocation): Promise<{ card: ModelCard; weights: NamedWeights }>;
}

/** Between two reports of progress. */
const REPORT_MS = 1000;
/** Trainings by time validate, and so save, at least this often: no more than that is lost to a kill. */
const SAVE_MS = 60_000;

/**
 * Trains a network on clean pictures with synthetic noise, from a model or from nothing. The best weights so far
 * (averaged, by PSNR on pictures kept for validation) are in the target folder from the first validation on, and
 * stay there when the training is stopped or diverges. By steps, same config, pictures and threads give the same
 * weights; by minutes, the speed of the machine has its say.
 * @throws AppError `training-unavailable`, `training-folder-unusable`, `no-pictures`, `training-diverged`,
 * `argument-invalid`, `model-unsuitable`, `cancelled` (only where nothing was learnt yet)
 */
export async function trainModel(
  request: TrainRequest,
  services: TrainingServices,
  report: (progress: TrainingProgress) => void,
  signal: AbortSignal,
): Promise<TrainingOutcome> {
  const { config, target } = request;
  const { multiple } = geometryOf(config.network);
  checkPatch(config, multiple);
  await services.startBackend(config.threads);
  const start = request.from && (await services.loadModel(request.from));
  await settleModelFolder(target.folder);
  const data = await openTrainingData(config, multiple, services.decode, signal);

  const network = buildNetwork(config.network);
  const averaged = buildNetwork(config.network);
  try {
    if (start) assignWeights(network, start.weights, start.card.id);
    else initialiseWeights(network, config.network, config.seed);
    averaged.setWeights(network.getWeights());

    const clock = performance.now();
    const seconds = () => (performance.now() - clock) / 1000;
    const best = new BestModel(config, data.validation, async (candidate, validation, step) => {
      const card = cardOf(request, start?.card ?? null, data, { validation, step, seconds: seconds() });
      await saveModel(candidate, card, target.folder);
    });
    const run = new TrainingRun(config, best, averaged, seconds, report);
    const stopped = await run.follow(network, data, signal);
    if (!best.saved) throw new AppError('cancelled');
    return {
      model: target.id,
      folder: target.folder,
      steps: run.steps,
      seconds: seconds(),
      pictures: data.countBySource().reduce((sum, count) => sum + count, 0),
      leftOut: data.leftOut(),
      stopped,
      validation: best.best,
    };
  } finally {
    network.dispose();
    averaged.dispose();
  }
}

/** One training as it goes: validates and saves between steps, and tells how it stands. */
class TrainingRun {
  steps = 0;
  readonly #config: TrainingConfig;
  readonly #best: BestModel;
  readonly #averaged: tf.LayersModel;
  readonly #seconds: () => number;
  readonly #report: (progress: TrainingProgress) => void;
  #lossSum = 0;
  #reported = { step: 0, ms: performance.now() };
  #validated = { step: -1, ms: performance.now() };

  constructor(
    config: TrainingConfig,
    best: BestModel,
    averaged: tf.LayersModel,
    seconds: () => number,
    report: (progress: TrainingProgress) => void,
  ) {
    this.#config = config;
    this.#best = best;
    this.#averaged = averaged;
    this.#seconds = seconds;
    this.#report = report;
  }

  /** Trains to the end of the schedule, or until stopped; true when stopped. */
  async follow(network: tf.LayersModel, data: TrainingData, signal: AbortSignal): Promise<boolean> {
    const { learningRate, warmUpSteps, gradientNorm, averaging, loss } = this.#config;
    const plan = {
      learningRate,
      warmUpSteps,
      gradientNorm,
      averaging,
      loss: losses[loss],
      progress: (step: number) => this.#progress(step),
    };
    // A training must not end worse than it began: the start is a candidate too.
    if (this.#config.from !== null) await this.#validate(0);
    try {
      for await (const step of train(network, this.#averaged, (at) => data.nextBatch(at), plan, signal)) {
        this.#lossSum += step.loss;
        this.steps = step.step;
        const validation = this.#validationIsDue() ? await this.#validate(step.step) : null;
        this.#tell(step, validation);
        await setImmediate(); // lets messages in: a step on a processor never leaves the thread
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (this.steps > this.#validated.step && this.steps > 0) await this.#validate(this.steps);
    return signal.aborted;
  }

  #progress(step: number): number {
    const { length } = this.#config;
    return 'steps' in length ? step / length.steps : this.#seconds() / (60 * length.minutes);
  }

  #validationIsDue(): boolean {
    if (this.steps % this.#config.validateEvery === 0 || this.#progress(this.steps) >= 1) return true;
    // The clock has no say in a training by steps, which must come out the same each time.
    return 'minutes' in this.#config.length && performance.now() - this.#validated.ms > SAVE_MS;
  }

  async #validate(step: number): Promise<Validation | null> {
    const validation = await this.#best.consider(this.#averaged, step);
    this.#validated = { step, ms: performance.now() };
    return validation;
  }

  #tell({ step, learningRate }: StepReport, validation: Validation | null): void {
    const now = performance.now();
    const elapsed = now - this.#reported.ms;
    const progress = this.#progress(step);
    if (elapsed < REPORT_MS && !validation && progress < 1) return;
    const steps = step - this.#reported.step;
    const { length } = this.#config;
    const stepsPerSecond = (1000 * steps) / elapsed;
    const total = 'steps' in length ? length.steps : Math.max(step, Math.round(step / progress));
    const secondsLeft =
      'steps' in length ? (total - step) / stepsPerSecond : Math.max(0, 60 * length.minutes - this.#seconds());
    const loss = this.#lossSum / steps;
    this.#report({ step, steps: total, loss, learningRate, stepsPerSecond, secondsLeft, validation });
    this.#reported = { step, ms: now };
    this.#lossSum = 0;
  }
}

function checkPatch({ patch }: TrainingConfig, multiple: number): void {
  if (patch % multiple === 0) return;
  const expected = `a multiple of ${multiple}, which this network needs`;
  throw new AppError('argument-invalid', { parameter: 'patch', expected, received: patch });
}

function cardOf(
  { config, target, from, appVersion }: TrainRequest,
  startCard: ModelCard | null,
  data: TrainingData,
  now: { validation: Validation | null; step: number; seconds: number },
): CardToBe {
  const counts = data.countBySource();
  const startedFrom = from && startCard ? `${from.id}: ${startCard.training.steps} steps` : null;
  return {
    version: 1,
    id: target.id,
    name: config.name,
    purpose: `Removes ${formatNoise(config.noise)} noise.`,
    network: config.network,
    noise: {
      trained: formatNoise(config.noise),
      clippedShare: config.clippedShare,
      largest: Math.min(1, Math.hypot(...config.noise.map(({ high }) => high))),
    },
    training: {
      sources: config.folders.map((folder, i) => ({
        name: basename(folder),
        pictures: counts[i]!,
        licence: 'not stated',
      })),
      pictures: counts.reduce((sum, count) => sum + count, 0),
      steps: now.step,
      minutes: Math.round((10 * now.seconds) / 60) / 10,
      seed: config.seed,
      batch: config.batch,
      patch: config.patch,
      threads: config.threads || availableParallelism(),
      machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores`,
      finished: new Date().toISOString(),
      startedFrom,
      validation: now.validation && { noisyPsnr: now.validation.noisyPsnr, psnr: now.validation.psnr },
    },
    metrics: [],
    licence: 'not stated',
    credits: '',
    appVersion,
  };
}
