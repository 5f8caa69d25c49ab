import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelLocation, TrainRequest } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import type { TrainingBackend, TrainingOutcome, TrainingProgress } from '../../contract/train.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import { initialiseWeights } from '../../model/networks/initialise.ts';
import { assignWeights, type NamedWeights } from '../../model/networks/weights.ts';
import { Learner } from '../../model/training/learner.ts';
import { prepareModelFolder, saveModel } from '../models/save.ts';
import { BestModel } from '../training/best-model.ts';
import type { DecodePicture } from '../training/decode-picture.ts';
import { checkpointWriter, openCheckpoints } from '../training/resume.ts';
import { trainingCard } from '../training/training-card.ts';
import { openTrainingData } from '../training/training-data.ts';
import { TrainingRun } from '../training/training-run.ts';

/** What a training needs of the rest of the engine. */
export interface TrainingServices {
  readonly decode: DecodePicture;
  /**
   * Makes a TensorFlow.js backend that can train the current one, for the whole process: a training has a process
   * of its own. Native TensorFlow decides on its number of threads once, when it is first used: by the variable
   * TF_NUM_INTRAOP_THREADS of the process's environment, else by `threads` (0: all cores).
   * @throws AppError `training-unavailable`
   */
  startBackend(threads: number): Promise<TrainingBackend>;
  loadModel(location: ModelLocation): Promise<{ readonly card: ModelCard; readonly weights: NamedWeights }>;
}

/**
 * Trains a network, from a model or from nothing, on clean pictures with synthetic noise, on pairs, or on noisy pictures
 * alone. The best weights so far (averaged, by PSNR on pictures kept for validation) are in the target folder from the
 * first validation on, and stay there when the training is stopped, killed or diverges. By steps, same config, pictures
 * and threads give the same weights, also when the training was killed in between and taken up from its checkpoints;
 * by minutes, the speed of the machine has its say.
 * @throws AppError `training-unavailable`, `training-folder-unusable`, `no-pictures`, `path-not-found`,
 * `training-diverged`, `argument-invalid`, `model-unsuitable`, `disk-full`, `output-folder-unusable`, and
 * `cancelled` where it was stopped before anything was learnt
 */
export async function trainModel(
  request: TrainRequest,
  services: TrainingServices,
  report: (progress: TrainingProgress) => void,
  signal: AbortSignal,
): Promise<TrainingOutcome> {
  const { config, target } = request;
  const { multiple } = geometryOf(config.network);
  checkPatch(config.patch, multiple);
  const backend = await services.startBackend(config.threads);
  const start = request.from && (await services.loadModel(request.from));
  await prepareModelFolder(target.folder);
  const { store, earlier } = await openCheckpoints(request);
  const data = await openTrainingData(config, multiple, services.decode, signal, earlier?.data);

  const learner = new Learner(config.network, (network) => {
    if (start) assignWeights(network, start.weights, start.card.id);
    else initialiseWeights(network, config.network, config.seed, data.brightness);
  });
  try {
    const best = new BestModel(data.validation, async (candidate, step, validation) => {
      const { seconds } = run;
      const now = { step, validation, seconds, pictures: data.countBySource(), noisiest: data.largestFactor };
      await saveModel(candidate, trainingCard(request, start?.card ?? null, now), target.folder);
    });
    if (earlier) {
      learner.restore(earlier.checkpoint.learner);
      // A model that is not there any more has to be made again.
      if (await isThere(target.folder)) best.restore(earlier.checkpoint.record.best);
    }
    const run = new TrainingRun({
      config,
      learner,
      data,
      best,
      report: (progress) => report({ ...progress, backend }),
      continued: start !== null,
      checkpoint: store ? checkpointWriter(store, config, { learner, data, best }) : undefined,
      earlier: earlier ? { state: earlier.checkpoint.record, resumption: earlier.resumption } : undefined,
    });
    await run.toTheEnd(signal);
    if (!best.saved) throw nothingLearnt(run.steps, config.learningRate, signal);
    return {
      model: target.id,
      folder: target.folder,
      steps: run.steps,
      seconds: run.seconds,
      pictures: data.countBySource().reduce((sum, count) => sum + count, 0),
      leftOut: data.leftOut(),
      stopped: signal.aborted,
      validation: best.best,
    };
  } finally {
    learner.dispose();
  }
}

const isThere = (folder: string): Promise<boolean> =>
  access(join(folder, 'card.json')).then(
    () => true,
    () => false,
  );

function nothingLearnt(step: number, learningRate: number, signal: AbortSignal): AppError {
  return signal.aborted
    ? new AppError('cancelled')
    : new AppError('training-diverged', { step, learningRate });
}

function checkPatch(patch: number, multiple: number): void {
  if (patch % multiple === 0) return;
  const expected = phrase('expect-multiple', { number: multiple });
  throw new AppError('argument-invalid', { parameter: 'patch', expected, received: patch });
}
