import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { beforeAll, expect, test, vi } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { snapshotFolder } from '../../contract/snapshots.ts';
import type { TrainingBegun, TrainingConfig, TrainingProgress } from '../../contract/train.ts';
import type { TrainRequest } from '../../contract/engine-api.ts';
import { trainModel } from '../../engine/jobs/train.ts';
import { loadModel } from '../../engine/models/load.ts';
import { SnapshotStore } from '../../engine/training/snapshot-store.ts';
import { thinned } from '../../engine/training/thin.ts';
import {
  pictureFolder,
  portableServices,
  requestFor,
  scratchFolder,
  tinyConfig,
  writePicture,
} from './train-fixtures.ts';

beforeAll(() => tf.setBackend('cpu'));

const signal = new AbortController().signal;

/** A training that shows pictures. */
async function shown(changes: Partial<TrainingConfig> = {}, more: Partial<TrainRequest> = {}) {
  const [pictures, models] = [await pictureFolder(5, 40), await scratchFolder()];
  const config = tinyConfig(pictures, { length: { steps: 6 }, ...changes });
  const folder = join(models, 'snapshots');
  const request = { ...requestFor(config, models), snapshots: folder, ...more };
  const run = async (extra: Partial<TrainRequest> = {}) => {
    const reports: TrainingProgress[] = [];
    const begun: TrainingBegun[] = [];
    const outcome = await trainModel(
      { ...request, ...extra },
      portableServices,
      (progress) => reports.push(progress),
      signal,
      (told) => begun.push(told),
    );
    return { reports, outcome, begun: begun[0]! };
  };
  return { pictures, models, folder, run };
}

test('each checkpoint is a model with what it makes of the pinned pictures; they are kept as they are, too', async () => {
  const { folder, run } = await shown();
  const { begun, reports, outcome } = await run();
  expect(begun).toMatchObject({ training: 4, validation: 1 });
  expect(begun.pinned.map(({ validation, hasClean }) => [validation, hasClean])).toEqual([
    [true, true],
    [false, true],
    [false, true],
    [false, true],
  ]);
  expect((await readdir(folder)).sort()).toEqual(['pinned', ...[2, 4, 6].map(snapshotFolder)]);
  expect(reports.flatMap(({ snapshot }) => snapshot ?? [])).toEqual(
    [2, 4, 6].map((step) => ({ step, failure: null })),
  );
  const place = join(folder, snapshotFolder(4));
  const { card } = await loadModel({ id: 'tiny', folder: place });
  expect(card.training).toMatchObject({ steps: 4, validation: { psnr: expect.any(Number) as number } });
  const sizes = await Promise.all(
    [join(folder, 'pinned/noisy-0.png'), join(folder, 'pinned/clean-0.png'), join(place, 'after-0.png')].map(
      async (file) => {
        const { width, height } = await sharp(file).metadata();
        return [width, height];
      },
    ),
  );
  expect(sizes).toEqual([
    [40, 40],
    [40, 40],
    [40, 40],
  ]);
  // Three versions of four pictures, and the model has it too.
  const strip = await sharp(join(outcome.folder, 'before-after.png')).metadata();
  expect([strip.width, strip.height]).toEqual([6 + 3 * (40 + 6), 6 + 4 * (40 + 6)]);
});

test('pictures that were chosen are shown, also such that are not trained on, which get no noise', async () => {
  const { pictures, models, run } = await shown();
  const foreign = join(models, 'foreign.png');
  await writePicture(foreign, 64, 48, 9);
  const pinned = [foreign, join(pictures, 'picture-1.png'), join(models, 'gone.png')];
  const { begun, outcome } = await run({ pinned: pinned.map((file) => ({ file, page: 0 })) });
  expect(begun.pinned.map(({ file, width, hasClean }) => [file, width, hasClean])).toEqual([
    [foreign, 64, false],
    [join(pictures, 'picture-1.png'), 40, true],
  ]);
  expect(outcome.leftOut.map(({ file }) => file)).toEqual([join(models, 'gone.png')]);
  const before = await sharp(join(models, 'snapshots/pinned/noisy-0.png')).raw().toBuffer();
  expect(before).toEqual(await sharp(foreign).raw().toBuffer());
});

test('a training that is taken up keeps what there was to look at, and lets go of what came after', async () => {
  const { models, folder, run } = await shown({}, {});
  const checkpoints = join(models, 'checkpoints');
  await run({ checkpoints });
  await mkdir(join(folder, snapshotFolder(9)));
  const { outcome } = await run({ checkpoints, resume: true });
  expect(outcome.steps).toBe(6);
  expect((await readdir(folder)).sort()).toEqual(['pinned', ...[2, 4, 6].map(snapshotFolder)]);
});

test('looking changes nothing of what is learnt', async () => {
  const [watched, alone] = [await shown(), await shown()];
  const weights = async ({ run }: typeof watched, more: Partial<TrainRequest>) =>
    readFile(join((await run(more)).outcome.folder, 'weights.bin'));
  await rm(alone.folder, { recursive: true, force: true });
  expect(await weights(watched, {})).toEqual(
    await weights(alone, { snapshots: join(alone.models, 'elsewhere') }),
  );
});

test('T5: a checkpoint that cannot be kept to look at is told, and training goes on', async () => {
  const { run } = await shown();
  const save = vi.spyOn(SnapshotStore.prototype, 'take');
  const failure = { code: 'disk-full' as const, details: {}, message: 'full' };
  save.mockResolvedValueOnce({ step: 2, failure });
  const { reports, outcome } = await run();
  save.mockRestore();
  expect(reports.flatMap(({ snapshot }) => snapshot ?? []).map(({ failure }) => failure?.code)).toEqual([
    'disk-full',
    undefined,
    undefined,
  ]);
  expect(outcome.steps).toBe(6);
});

test('a place for checkpoints to look at that cannot be used is refused before anything is learnt', async () => {
  const { models, run } = await shown();
  await writeFile(join(models, 'file'), '');
  await expect(run({ snapshots: join(models, 'file', 'in') })).rejects.toBeInstanceOf(AppError);
});

test('of many steps those stay that are needed, and others evenly between them', () => {
  const steps = Array.from({ length: 20 }, (_, i) => 100 * (i + 1));
  const left = thinned(steps, new Set([700, 1900, 2000]), 8);
  expect(left).toHaveLength(8);
  expect(left).toEqual(expect.arrayContaining([100, 700, 1900, 2000]));
  const gaps = left.slice(1).map((step, i) => step - left[i]!);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(500);
  expect(thinned(steps, new Set(), 30)).toEqual(steps);
  expect(thinned([1, 2, 3], new Set([1, 2, 3]), 2)).toEqual([1, 2, 3]);
});
