import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { AppError, type Said } from '../../contract/errors.ts';
import { modelCard, type ModelCard } from '../../contract/model-card.ts';
import type { TrainingProgress, Validation } from '../../contract/train.ts';
import { trainModel } from '../../engine/jobs/train.ts';
import { loadModel } from '../../engine/models/load.ts';
import { prepareFolder } from '../../storage/replace-folder.ts';
import { saveModel } from '../../engine/models/save.ts';
import { BestModel } from '../../engine/training/best-model.ts';
import { trainingCard } from '../../engine/training/training-card.ts';
import type { FloatImage } from '../../model/image.ts';
import { buildNetwork } from '../../model/networks/build.ts';
import { initialiseWeights } from '../../model/networks/initialise.ts';
import { syntheticCases } from '../../model/training/validate.ts';
import {
  pictureFolder,
  portableServices,
  requestFor,
  scratchFolder,
  tinyConfig,
  tinyNetwork,
  writeGarbage,
} from './train-fixtures.ts';

beforeAll(() => tf.setBackend('cpu'));

const signal = new AbortController().signal;
const ignore = () => undefined;
const weightsIn = (folder: string) => readFile(join(folder, 'weights.bin'));

test('where each step takes so long that it is told of at once, what the last one reached is told too', async () => {
  let time = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (time += 1500));
  onTestFinished(() => clock.mockRestore());
  const config = tinyConfig(await pictureFolder(5), { length: { steps: 5 } });
  const reports: TrainingProgress[] = [];
  const request = requestFor(config, await scratchFolder());
  await trainModel(request, portableServices, (progress) => reports.push(progress), signal);
  const told = reports.flatMap(({ validation }) => (validation ? [validation.step] : []));
  expect(told).toEqual([2, 4, 5]);
  const last = reports.at(-1)!;
  expect([last.step, last.secondsLeft]).toEqual([5, 0]);
  expect(last.loss).toBe(reports.findLast(({ validation }) => !validation)!.loss);
});

test('a training writes a model that anyone can load, with a card that says what it is', async () => {
  const [pictures, models] = [await pictureFolder(5), await scratchFolder()];
  await writeGarbage(join(pictures, 'broken.jpg'));
  const request = requestFor(tinyConfig(pictures), models);
  const reports: TrainingProgress[] = [];
  const outcome = await trainModel(request, portableServices, (progress) => reports.push(progress), signal);

  expect(await readdir(models)).toEqual(['tiny']);
  expect((await readdir(outcome.folder)).sort()).toEqual(['card.json', 'model.json', 'weights.bin']);
  expect(outcome).toMatchObject({ model: 'tiny', steps: 4, stopped: false });
  expect(outcome.leftOut).toEqual([
    {
      file: join(pictures, 'broken.jpg'),
      reason: expect.objectContaining({ code: 'not-a-picture' }) as Said,
    },
  ]);

  const card = modelCard.parse(JSON.parse(await readFile(join(outcome.folder, 'card.json'), 'utf8')));
  expect(card.network).toEqual(tinyNetwork);
  expect(card.noise).toEqual({ trained: 'gaussian:0-0.22', clippedShare: 0.5, largest: 0.22 });
  expect(card.training).toMatchObject({
    pictures: outcome.pictures,
    seed: 1,
    batch: 2,
    patch: 16,
    startedFrom: null,
  });
  const weights = await weightsIn(outcome.folder);
  expect(card.weightsSha256).toBe(createHash('sha256').update(weights).digest('hex'));

  const { modelTopology, weightsManifest } = JSON.parse(
    await readFile(join(outcome.folder, 'model.json'), 'utf8'),
  ) as { modelTopology: object; weightsManifest: tf.io.WeightsManifestConfig };
  const loaded = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest[0]!.weights,
      weightData: Uint8Array.from(weights).buffer,
    }),
  );
  expect(loaded.inputNames).toEqual(['noisy', 'noise_factor']);

  expect(reports.map(({ validation }) => validation?.step).filter(Boolean)).toEqual([2, 4]);
  expect(reports.at(-1)).toMatchObject({ step: 4, steps: 4, secondsLeft: 0 });
});

test('T7: the same seed gives the same weights, byte for byte, another seed others', async () => {
  const [pictures, models] = [await pictureFolder(4), await scratchFolder()];
  const weightsOf = async (id: string, seed: number) => {
    const request = requestFor(tinyConfig(pictures, { seed }), models, id);
    return (await weightsIn((await trainModel(request, portableServices, ignore, signal)).folder)).toString(
      'base64',
    );
  };
  const first = await weightsOf('first', 1);
  expect(await weightsOf('second', 1)).toBe(first);
  expect(await weightsOf('third', 2)).not.toBe(first);
});

test('T6: a training leaves as many tensors as there were before it', async () => {
  const [pictures, models] = [await pictureFolder(3), await scratchFolder()];
  const request = requestFor(tinyConfig(pictures), models);
  const before = tf.memory().numTensors;
  await trainModel(request, portableServices, ignore, signal);
  expect(tf.memory().numTensors).toBe(before);
});

test('a training that is stopped keeps the best it had', async () => {
  const [pictures, models] = [await pictureFolder(4), await scratchFolder()];
  const stop = new AbortController();
  const request = requestFor(tinyConfig(pictures, { length: { steps: 1_000_000 } }), models);
  const outcome = await trainModel(
    request,
    portableServices,
    ({ validation }) => validation && stop.abort(),
    stop.signal,
  );
  expect(outcome.stopped).toBe(true);
  expect(outcome.steps).toBeLessThan(10);
  await expect(loadModel(request.target)).resolves.toMatchObject({ id: 'tiny' });
});

test('a training that is stopped before its first step leaves nothing behind', async () => {
  const [pictures, models] = [await pictureFolder(4), await scratchFolder()];
  const stop = new AbortController();
  const services = {
    ...portableServices,
    startBackend: () => {
      stop.abort(new AppError('cancelled'));
      return portableServices.startBackend(0);
    },
  };
  const run = trainModel(requestFor(tinyConfig(pictures), models), services, ignore, stop.signal);
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect(await readdir(models)).toEqual([]);
});

test('a training by minutes ends in time and says how long it still takes', async () => {
  const [pictures, models] = [await pictureFolder(3), await scratchFolder()];
  const request = requestFor(
    tinyConfig(pictures, { length: { minutes: 2 / 60 }, validateEvery: 1000 }),
    models,
  );
  const reports: TrainingProgress[] = [];
  const outcome = await trainModel(request, portableServices, (progress) => reports.push(progress), signal);
  expect(outcome.seconds).toBeGreaterThan(2);
  expect(outcome.seconds).toBeLessThan(6);
  expect(reports[0]!.secondsLeft).toBeLessThan(2);
  expect(reports.at(-1)!).toMatchObject({ step: outcome.steps, steps: outcome.steps, secondsLeft: 0 });
});

test('a model that is trained on starts from its weights and never ends worse', async () => {
  const [pictures, models] = [await pictureFolder(6), await scratchFolder()];
  const first = requestFor(tinyConfig(pictures, { length: { steps: 10 } }), models, 'first');
  const start = await trainModel(first, portableServices, ignore, signal);
  // Steps far too large: whatever they learn is worse than the start.
  const spoiling = tinyConfig(pictures, { from: 'first', learningRate: 10 });
  const second = { ...requestFor(spoiling, models, 'second'), from: first.target };
  const reports: TrainingProgress[] = [];
  const outcome = await trainModel(second, portableServices, (progress) => reports.push(progress), signal);
  const began = start.validation!.psnr;
  expect(outcome.validation).toMatchObject({ step: 0, psnr: began, startPsnr: began });
  expect(reports[0]!.start).toMatchObject({ step: 0, psnr: began, best: true });
  expect(reports.slice(1).some((report) => 'start' in report)).toBe(false);
  const later = reports.flatMap(({ validation }) => validation ?? []);
  expect(later.length).toBeGreaterThan(0);
  for (const { startPsnr } of later) expect(startPsnr).toBe(began);
  expect(await weightsIn(outcome.folder)).toEqual(await weightsIn(start.folder));
  const { card } = await loadModel(second.target);
  expect(card.training.validation).toMatchObject({ psnr: began, startPsnr: began });
  expect(card.training.startedFrom).toContain(`first (${start.validation!.step} steps`);
});

test('T1: a training that diverges says at which step, and the best before it stays', async () => {
  const [pictures, models] = [await pictureFolder(3), await scratchFolder()];
  const good = requestFor(tinyConfig(pictures), models, 'good');
  await trainModel(good, portableServices, ignore, signal);
  const wild = tinyConfig(pictures, { from: 'good', learningRate: 1e9, length: { steps: 100 } });
  const request = { ...requestFor(wild, models, 'wild'), from: good.target };
  const run = trainModel(request, portableServices, ignore, signal);
  const { endedBy, model } = await run;
  expect(endedBy).toMatchObject({ code: 'training-diverged', details: { step: 2 } });
  expect(model).toBe('wild');
  await loadModel(request.target);
  expect(await weightsIn(request.target.folder)).toEqual(await weightsIn(good.target.folder));
});

test('a patch size that the network cannot take is refused before anything is read', async () => {
  const run = trainModel(
    requestFor(tinyConfig('/nowhere', { patch: 20 }), '/nowhere'),
    portableServices,
    ignore,
    signal,
  );
  await expect(run).rejects.toThrow('patch: expected a multiple of 8');
});

test('T3: one picture is enough to train on: the latest weights are kept', async () => {
  const [pictures, models] = [await pictureFolder(1), await scratchFolder()];
  const outcome = await trainModel(
    requestFor(tinyConfig(pictures), models),
    portableServices,
    ignore,
    signal,
  );
  expect(outcome).toMatchObject({ pictures: 1, validation: null });
  await expect(loadModel({ id: 'tiny', folder: outcome.folder })).resolves.toBeDefined();
});

function network(seed: number): tf.LayersModel {
  const built = buildNetwork(tinyNetwork);
  initialiseWeights(built, tinyNetwork, seed);
  return built;
}

function cardFor(models: string, start: ModelCard | null = null) {
  const request = requestFor(tinyConfig('/pictures'), models);
  return trainingCard(request, start, {
    step: 1,
    seconds: 1,
    validation: null,
    pictures: [1],
    validationPictures: 0,
    familiar: null,
  });
}

test('M15: a card of a training on thousands of files can be read, and counts every picture', () => {
  const folders = Array.from({ length: 12_000 }, (_, at) => `/pictures/${at}.png`);
  const request = requestFor({ ...tinyConfig('/pictures'), folders }, '/models');
  const pictures = folders.map(() => 1);
  const now = { step: 1, seconds: 1, validation: null, validationPictures: 0, familiar: null };
  const card = { ...trainingCard(request, null, { ...now, pictures }), weightsSha256: '0'.repeat(64) };
  const { sources } = modelCard.parse(card).training;
  expect(sources.reduce((sum, source) => sum + source.pictures, 0)).toBe(12_000);
});

test('M15: a stranger’s card, however long its words, makes no card that is too long to be read', () => {
  const weightsSha256 = '0'.repeat(64);
  let card: ModelCard = { ...cardFor('/models'), weightsSha256 };
  card = { ...card, training: { ...card.training, startedFrom: 's'.repeat(20_000) } };
  for (let at = 0; at < 3; at++) card = { ...cardFor('/models', card), weightsSha256 };
  expect(modelCard.safeParse(card).success).toBe(true);
  expect(card.training.startedFrom).toContain('itself from tiny');
});

test('saving replaces the earlier model as a whole and leaves nothing beside it', async () => {
  const models = await scratchFolder();
  const folder = join(models, 'tiny');
  await saveModel(network(1), cardFor(models), folder);
  const first = await weightsIn(folder);
  await saveModel(network(2), cardFor(models), folder);
  expect(await weightsIn(folder)).not.toEqual(first);
  expect(await readdir(models)).toEqual(['tiny']);
});

test('a save that was cut off between its two renames gives the earlier model its name back', async () => {
  const models = await scratchFolder();
  const folder = join(models, 'tiny');
  await saveModel(network(1), cardFor(models), folder);
  const first = await weightsIn(folder);
  await rename(folder, join(models, '.tiny.old'));
  await mkdir(join(models, '.tiny.part'));
  await writeFile(join(models, '.tiny.part', 'weights.bin'), 'half');
  await prepareFolder(folder);
  expect(await readdir(models)).toEqual(['tiny']);
  expect(await weightsIn(folder)).toEqual(first);
});

test('a model cannot be saved where a file is in the way, and says where', async () => {
  const models = await scratchFolder();
  await writeFile(join(models, 'file'), '');
  const saving = saveModel(network(1), cardFor(models), join(models, 'file', 'tiny'));
  await expect(saving).rejects.toBeInstanceOf(AppError);
  await expect(saving).rejects.toThrow('file');
});

test('a full disk does not end a training while there may be room again, but at its end it is told', async () => {
  const picture: FloatImage = { width: 8, height: 8, channels: 1, samples: new Float32Array(64).fill(0.5) };
  let full = true;
  const saved: (Validation | null)[] = [];
  const cases = () => syntheticCases([{ image: picture, eightBit: true }], [[]], 1);
  const best = new BestModel(cases, (_, __, found) => {
    if (full) return Promise.reject(new AppError('disk-full', { path: '/models' }));
    saved.push(found);
    return Promise.resolve();
  });
  const candidate = network(1);
  await best.consider(candidate, 1, false);
  expect([best.saved, best.owed, best.best]).toEqual([false, true, null]);
  await expect(best.consider(candidate, 2, true)).rejects.toMatchObject({ code: 'disk-full' });
  full = false;
  await best.consider(candidate, 3, false);
  expect([best.saved, best.owed, best.best?.step]).toEqual([true, false, 3]);
  expect(saved).toHaveLength(1);
});
