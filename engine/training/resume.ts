import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { TrainingRecord } from '../../contract/checkpoint.ts';
import type { TrainRequest } from '../../contract/engine-api.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { CheckpointReport, Resumption, TrainingConfig } from '../../contract/train.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { Learner } from '../../model/training/learner.ts';
import type { BestModel } from './best-model.ts';
import { isFinite, type Checkpoint } from './checkpoint.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import type { FoundPicture } from './find-pictures.ts';
import type { EarlierData, TrainingData } from './training-data.ts';
import type { RunState } from './training-run.ts';

/** Choices that may be others when a training is taken up again: it may get longer, and another name or machine. */
const freeChoices: readonly (keyof TrainingConfig)[] = ['length', 'threads', 'name'];

/** A training that is taken up again. */
export interface Earlier {
  readonly checkpoint: Checkpoint;
  readonly data: EarlierData;
  readonly resumption: Resumption;
}

/**
 * Gets the place for checkpoints ready and reads the last whole one, where the training is to go on from it.
 * @throws AppError `checkpoints-unusable` where none is whole, or they are of a training with other choices;
 * `permission-denied`, `output-folder-unusable`, `output-unwritable`
 */
export async function openCheckpoints({
  config,
  checkpoints,
  resume = false,
}: TrainRequest): Promise<{ store: CheckpointStore | null; earlier: Earlier | null }> {
  if (checkpoints === undefined) return { store: null, earlier: null };
  const store = new CheckpointStore(checkpoints);
  await store.open(!resume);
  const latest = resume ? await store.latest() : null;
  if (!latest) return { store, earlier: null };
  const { checkpoint, broken } = latest;
  const { record, learner } = checkpoint;
  const others = differences(record.config, config);
  if (others.length > 0) {
    const reason = phrase('checkpoints-of-others', { choices: others.join(', ') });
    throw new AppError('checkpoints-unusable', { folder: checkpoints, reason });
  }
  const pictures = await locate(record.pictures, config.folders);
  const changed = await changedSince(pictures);
  const resumption = { step: learner.step, validations: record.curve.validations, broken, changed };
  return {
    store,
    earlier: { checkpoint, data: { ...record, pictures }, resumption },
  };
}

/** What writes the checkpoints of a run. A disk that is full, or anything else that hinders it, is only told. */
export function checkpointWriter(
  store: CheckpointStore,
  config: TrainingConfig,
  parts: { learner: Learner; data: TrainingData; best: BestModel },
): (state: RunState) => Promise<CheckpointReport | null> {
  const pictures = parts.data.pictures.map(({ path: _, ...picture }) => picture);
  return async ({ seconds, curve }) => {
    const learner = await parts.learner.state();
    // Weights that have just run away are found out at the next step; the good ones before them stay.
    if (!isFinite(learner)) return null;
    const { pool, seen, leftOutSoFar: leftOut } = parts.data;
    const best = parts.best.state;
    const record = {
      config,
      seconds,
      pictures,
      pool,
      ...(seen ? { seen } : {}),
      leftOut,
      best,
      curve,
    } as TrainingRecord;
    try {
      await store.save({ record, learner });
      return { step: learner.step, failure: null };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { step: learner.step, failure: failureOf(error) };
    }
  };
}

function differences(before: TrainingConfig, now: TrainingConfig): string[] {
  const names = Object.keys(now) as (keyof TrainingConfig)[];
  return names.filter((name) => !freeChoices.includes(name) && !isDeepStrictEqual(before[name], now[name]));
}

/** Pictures by their names in the folders; a source that is a file itself is its own path. */
async function locate(
  pictures: TrainingRecord['pictures'],
  folders: readonly string[],
): Promise<FoundPicture[]> {
  const isFolder = await Promise.all(
    folders.map((folder) =>
      stat(folder).then(
        (found) => found.isDirectory(),
        () => true,
      ),
    ),
  );
  return pictures.map((picture) => {
    const folder = folders[picture.source] ?? '';
    return { ...picture, path: isFolder[picture.source] ? join(folder, picture.name) : folder };
  });
}

/** Files that are gone, or are not what they were. */
async function changedSince(pictures: readonly FoundPicture[]): Promise<string[]> {
  const changed: string[] = [];
  for (const { path, page, bytes, modifiedMs } of pictures) {
    if (page > 0) continue;
    const now = await stat(path).catch(() => null);
    if (now?.size !== bytes || now.mtimeMs !== modifiedMs) changed.push(path);
  }
  return changed;
}
