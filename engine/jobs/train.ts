import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelLocation, TrainRequest } from '../../contract/engine-api.ts';
import { AppError, failureOf, type Failure } from '../../contract/errors.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type {
  PinnedPicture,
  TrainingBackend,
  TrainingBegun,
  TrainingOutcome,
  TrainingProgress,
} from '../../contract/train.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import { initialiseWeights } from '../../model/networks/initialise.ts';
import { assignWeights, type NamedWeights } from '../../model/networks/weights.ts';
import { Learner } from '../../model/training/learner.ts';
import { prepareFolder } from '../../storage/replace-folder.ts';
import { BestModel } from '../training/best-model.ts';
import { checkpointWriter, openCheckpoints } from '../training/resume.ts';
import { ModelWriter } from '../training/model-writer.ts';
import { openPinned } from '../training/pinned.ts';
import { SnapshotStore } from '../training/snapshot-store.ts';
import { openTrainingData, type DataServices, type TrainingData } from '../training/training-data.ts';
import { TrainingRun } from '../training/training-run.ts';

/** What a training needs of the rest of the engine. */
export interface TrainingServices extends DataServices {
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
 * first validation on, and stay there when the training is stopped, killed or diverges; the last ones, where they are not
 * the best, lie in a folder `last` in it. By steps, same config, pictures
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
  onBegun: (begun: TrainingBegun) => void = () => undefined,
): Promise<TrainingOutcome> {
  const { config, target } = request;
  const { multiple } = geometryOf(config.network);
  checkPatch(config.patch, multiple);
  const backend = await services.startBackend(config.threads);
  const start = request.from && (await services.loadModel(request.from));
  await prepareFolder(target.folder);
  const { store, earlier } = await openCheckpoints(request);
  const data = await openTrainingData(config, multiple, services, signal, earlier?.data);

  const learner = new Learner(config.network, (network) => {
    if (start) assignWeights(network, start.weights, start.card.id);
    else initialiseWeights(network, config.network, config.seed, data.brightness);
  });
  try {
    if (earlier) learner.restore(earlier.checkpoint.learner);
    const shown = await openShown(
      request,
      data,
      { ...services, multiple, signal },
      earlier ? learner.step : null,
    );
    const leftOut = data.leftOut().length + shown.leftOut.length;
    onBegun({ ...data.usable(), leftOut, pinned: shown.pictures });
    const { snapshots } = shown;
    const seconds = (): number => run.seconds;
    const writer = new ModelWriter({
      request,
      start: start?.card ?? null,
      data,
      multiple,
      snapshots,
      seconds,
    });
    const began = earlier?.checkpoint.record.curve.validations.find(({ step }) => step === 0) ?? null;
    const best = new BestModel(data.validation, (...candidate) => writer.best(...candidate), began);
    // A model that is not there any more has to be made again.
    if (earlier && (await isThere(target.folder))) best.restore(earlier.checkpoint.record.best);
    const run: TrainingRun = new TrainingRun({
      config,
      learner,
      data,
      best,
      report: (progress) => report({ ...progress, backend }),
      continued: start !== null,
      checkpoint: store ? checkpointWriter(store, config, { learner, data, best }) : undefined,
      snapshot: snapshots
        ? (found) => writer.snapshot(learner.averaged, learner.step, found, best.best?.step ?? null)
        : undefined,
      earlier: earlier ? { state: earlier.checkpoint.record, resumption: earlier.resumption } : undefined,
    });
    const endedBy = await ending(run.toTheEnd(signal), best);
    if (!best.saved) throw nothingLearnt(run.steps, config.learningRate, signal);
    return {
      model: target.id,
      folder: target.folder,
      steps: run.steps,
      seconds: run.seconds,
      pictures: data.countBySource().reduce((sum, count) => sum + count, 0),
      leftOut: [...data.leftOut(), ...shown.leftOut],
      stopped: signal.aborted,
      endedBy,
      validation: best.best,
      last: endedBy ? null : await keepLast(run, learner, best, writer),
    };
  } finally {
    learner.dispose();
    await data.close();
  }
}

/** The pictures that are shown while it learns, and their place; none where no place was given. */
async function openShown(
  { config, pinned = [], snapshots: folder }: TrainRequest,
  data: TrainingData,
  services: Parameters<typeof openPinned>[3],
  step: number | null,
): Promise<{
  snapshots: SnapshotStore | null;
  pictures: readonly PinnedPicture[];
  leftOut: TrainingOutcome['leftOut'];
}> {
  if (folder === undefined) return { snapshots: null, pictures: [], leftOut: [] };
  const opened = await openPinned(pinned, config, data, services);
  const snapshots = new SnapshotStore(folder, opened.pinned);
  await snapshots.open(step);
  return { snapshots, pictures: opened.pinned.map(({ picture }) => picture), leftOut: opened.leftOut };
}

/** Why it ended early, where something that was learnt before is kept. @throws any other error */
async function ending(end: Promise<void>, best: BestModel): Promise<Failure | null> {
  try {
    await end;
    return null;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code !== 'training-diverged' || !best.saved) throw error;
    return failure;
  }
}

/** The last weights, where others are the model. A full disk takes nothing from what is there. */
async function keepLast(
  run: TrainingRun,
  learner: Learner,
  best: BestModel,
  writer: ModelWriter,
): Promise<TrainingOutcome['last']> {
  if (best.best === null || best.best.step === run.steps) return null;
  const { last } = run;
  try {
    const folder = await writer.last(learner.averaged, run.steps, last);
    return { folder, step: run.steps, psnr: last?.psnr ?? null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return null;
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
