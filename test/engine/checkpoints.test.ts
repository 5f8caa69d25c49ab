import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import type { TrainingConfig, TrainingProgress } from '../../contract/train.ts';
import { trainModel } from '../../engine/jobs/train.ts';
import { CheckpointStore } from '../../engine/training/checkpoint-store.ts';
import * as files from '../../engine/training/checkpoint-files.ts';
import {
  pictureFolder,
  portableServices,
  requestFor,
  scratchFolder,
  tinyConfig,
  writeGarbage,
  writePicture,
} from './train-fixtures.ts';

beforeAll(() => tf.setBackend('cpu'));

const signal = new AbortController().signal;

/** A training with checkpoints in a folder of its own. */
async function workplace(changes: Partial<TrainingConfig> = {}) {
  const [pictures, models] = [await pictureFolder(5), await scratchFolder()];
  const config = tinyConfig(pictures, { length: { steps: 8 }, ...changes });
  const request = { ...requestFor(config, models), checkpoints: join(models, 'checkpoints') };
  const run = async (more: object = {}, stop: AbortSignal = signal) => {
    const reports: TrainingProgress[] = [];
    const outcome = await trainModel(
      { ...request, ...more },
      portableServices,
      (progress) => reports.push(progress),
      stop,
    );
    return { reports, outcome, weights: await readFile(join(outcome.folder, 'weights.bin')) };
  };
  const names = async () => (await readdir(request.checkpoints)).sort();
  const latest = () => new CheckpointStore(request.checkpoints).latest();
  return { pictures, models, config, request, run, names, latest };
}

/** Trains and stops after the validation of a step, as a person would. */
async function stoppedAfter(step: number, place: Awaited<ReturnType<typeof workplace>>) {
  const stop = new AbortController();
  await trainModel(
    place.request,
    portableServices,
    ({ validation }) => validation && validation.step >= step && stop.abort(),
    stop.signal,
  );
}

test('there is a checkpoint at each validation; the last two and the best are kept', async () => {
  const { run, names, latest } = await workplace();
  const { reports } = await run();
  expect(reports.filter(({ checkpoint }) => checkpoint).map(({ checkpoint }) => checkpoint!.step)).toEqual([
    2, 4, 6, 8,
  ]);
  expect((await names()).length).toBeGreaterThanOrEqual(2);
  expect((await names()).length).toBeLessThanOrEqual(3);
  const { record, learner } = (await latest())!.checkpoint;
  expect(learner.step).toBe(8);
  expect(record.curve.validations.map(({ step }) => step)).toEqual([2, 4, 6, 8]);
  expect(record.curve.validations.every(({ loss }) => loss! > 0)).toBe(true);
});

test('a training that was stopped and is taken up ends as the undisturbed one', async () => {
  const whole = await workplace();
  const undisturbed = await whole.run();
  const place = {
    ...whole,
    request: {
      ...whole.request,
      checkpoints: join(whole.models, 'other'),
      target: { id: 'b', folder: join(whole.models, 'b') },
    },
  };
  await stoppedAfter(4, place);
  const reports: TrainingProgress[] = [];
  const outcome = await trainModel(
    { ...place.request, resume: true },
    portableServices,
    (progress) => reports.push(progress),
    signal,
  );
  expect(reports[0]!.resumed).toMatchObject({ step: 4, broken: [], changed: [] });
  expect(reports[0]!.resumed!.validations.map(({ step }) => step)).toEqual([2, 4]);
  expect(outcome.steps).toBe(8);
  expect(await readFile(join(outcome.folder, 'weights.bin'))).toEqual(undisturbed.weights);
  const [a, b] = [
    (await whole.latest())!.checkpoint,
    (await new CheckpointStore(place.request.checkpoints).latest())!.checkpoint,
  ];
  expect(b.learner).toEqual(a.learner);
  expect(b.record.curve).toEqual(a.record.curve);
});

test('what could not be used is told by the training that was taken up too', async () => {
  const place = await workplace({ validationShare: 0.2 });
  await writeGarbage(join(place.pictures, 'broken.png'));
  await writePicture(join(place.pictures, 'small.png'), 9, 9);
  await stoppedAfter(4, place);
  const { outcome } = await place.run({ resume: true });
  expect(outcome.steps).toBe(8);
  expect(outcome.leftOut.map(({ file }) => basename(file)).sort()).toEqual(['broken.png', 'small.png']);
  const undisturbed = await place.run();
  expect(undisturbed.outcome.leftOut.map(({ file }) => file).sort()).toEqual(
    outcome.leftOut.map(({ file }) => file).sort(),
  );
  expect(outcome.pictures).toBe(undisturbed.outcome.pictures);
  expect(outcome.pictures).toBe(4); // of five good ones, one of which is to judge by
});

test('one that has ended may be made longer', async () => {
  const { run, config } = await workplace();
  await run();
  const { outcome } = await run({ resume: true, config: { ...config, length: { steps: 10 } } });
  expect(outcome.steps).toBe(10);
});

test('taking up where there is no checkpoint yet begins; beginning anew removes those of before', async () => {
  const { run, names } = await workplace();
  expect((await run({ resume: true })).reports[0]!.resumed).toBeUndefined();
  const before = await names();
  await run();
  expect((await names()).at(-1)).toBe('checkpoint-000004'); // not 8
  expect(await names()).toEqual(before);
});

test('T4: other choices than those of the checkpoints are refused by name', async () => {
  const { run, config } = await workplace();
  await run();
  const other = run({ resume: true, config: { ...config, batch: 3, seed: 9 } });
  await expect(other).rejects.toMatchObject({ code: 'checkpoints-unusable' });
  await expect(other).rejects.toThrow('batch, seed');
});

describe('T4: a damaged checkpoint', () => {
  const damages: [string, (folder: string) => Promise<void>][] = [
    ['cut short', (folder) => truncate(join(folder, 'tensors.bin'), 100)],
    [
      'with a flipped byte',
      async (folder) => {
        const bytes = await readFile(join(folder, 'tensors.bin'));
        bytes[20]! ^= 1;
        await writeFile(join(folder, 'tensors.bin'), bytes);
      },
    ],
    [
      'with another state',
      async (folder) => {
        const text = await readFile(join(folder, 'state.json'), 'utf8');
        await writeFile(join(folder, 'state.json'), text.replace('"seed":1', '"seed":2'));
      },
    ],
    ['without its seal', (folder) => rm(join(folder, 'manifest.json'))],
    [
      'that is empty',
      (folder) =>
        rm(folder, { recursive: true })
          .then(() => mkdir(folder))
          .then(() => undefined),
    ],
  ];

  test.each(damages)('%s is passed over for the one before it', async (_, damage) => {
    const { request, run, names } = await workplace();
    await run();
    const last = (await names()).at(-1)!;
    await damage(join(request.checkpoints, last));
    const { reports, outcome } = await run({ resume: true });
    expect(reports[0]!.resumed).toMatchObject({
      step: 6,
      broken: [{ folder: join(request.checkpoints, last) }],
    });
    expect(outcome.steps).toBe(8);
  });

  test('among none that is whole is an error that says so', async () => {
    const { request, run, names } = await workplace();
    await run();
    for (const name of await names()) await truncate(join(request.checkpoints, name, 'state.json'), 5);
    await expect(run({ resume: true })).rejects.toThrow('checkpoints is whole');
  });
});

test('T3: pictures that vanish or change are told, and training goes on with what is there', async () => {
  const place = await workplace({ validationShare: 0 });
  await stoppedAfter(4, place).catch(() => undefined);
  await place.run();
  await rm(join(place.pictures, 'picture-0.png'));
  await writePicture(join(place.pictures, 'picture-1.png'), 30, 30, 77);
  await utimes(join(place.pictures, 'picture-1.png'), 1, 1);
  const { reports, outcome } = await place.run({
    resume: true,
    config: { ...place.config, length: { steps: 10 } },
  });
  expect(reports[0]!.resumed!.changed).toEqual([
    join(place.pictures, 'picture-0.png'),
    join(place.pictures, 'picture-1.png'),
  ]);
  expect(outcome).toMatchObject({ steps: 10, pictures: 4 });
  expect(outcome.leftOut.map(({ file }) => file)).toEqual([join(place.pictures, 'picture-0.png')]);
});

test('T5: a full disk at a checkpoint is told, training goes on, and the next is written when there is room', async () => {
  const { run, latest } = await workplace();
  const save = vi.spyOn(CheckpointStore.prototype, 'save');
  save.mockRejectedValueOnce(new AppError('disk-full', { path: '/models' }));
  const { reports } = await run();
  save.mockRestore();
  const told = reports.flatMap(({ checkpoint }) => checkpoint ?? []);
  expect(told.map(({ step, failure }) => [step, failure?.code ?? null])).toEqual([
    [2, 'disk-full'],
    [4, null],
    [6, null],
    [8, null],
  ]);
  expect((await latest())!.checkpoint.learner.step).toBe(8);
});

test('T1: a loss that is not a number stops at once, and the last good checkpoint is still there', async () => {
  const place = await workplace({ validateEvery: 1, length: { steps: 3 } });
  await place.run();
  const wild = { ...place.config, length: { steps: 50 } };
  const before = await place.latest();
  const decode = vi.fn(portableServices.decode).mockResolvedValue({
    ...{ width: 24, height: 24, channels: 1 },
    samples: new Float32Array(24 * 24).fill(NaN),
  });
  const request = { ...place.request, resume: true, config: wild };
  const { endedBy } = await trainModel(request, { ...portableServices, decode }, () => undefined, signal);
  expect(endedBy).toMatchObject({ code: 'training-diverged', details: { step: 4 } });
  expect((await place.latest())!.checkpoint.learner).toEqual(before!.checkpoint.learner);
});

test('what a kill left half written is gone when a training is taken up', async () => {
  const { request, run, names } = await workplace();
  await run();
  await mkdir(join(request.checkpoints, '.checkpoint-000009.part'));
  await writeFile(join(request.checkpoints, '.checkpoint-000009.part', 'tensors.bin'), 'half');
  await run({ resume: true });
  expect((await names()).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a sealed folder that cannot be written leaves nothing behind and says why', async () => {
  const folder = await scratchFolder();
  await writeFile(join(folder, 'file'), '');
  const writing = files.writeSealedFolder(join(folder, 'file', 'checkpoint'), { a: Uint8Array.of(1) });
  await expect(writing).rejects.toBeInstanceOf(AppError);
  expect(await readdir(folder)).toEqual(['file']);
});
