import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectParts } from '../../../app/parts.ts';
import { noHistory, withLine } from '../../../app/training/training-history.ts';
import { shownCheckpoints } from '../../../app/window/training/shown-training.ts';
import { TrainingDesk } from '../../../app/window/training/training-desk.ts';
import { WindowHub } from '../../../app/window/window-hub.ts';
import { namedNetworks } from '../../../contract/network.ts';
import { failureOf } from '../../../contract/errors.ts';
import { trainingConfig } from '../../../contract/train.ts';
import {
  trainingImagePath,
  type TrainingImage,
  type TrainingState,
} from '../../../contract/training-view.ts';
import type { WindowRequest } from '../../../contract/window-api.ts';
import { eventually, useWorkshop, type Workshop } from '../workshop.ts';
import { FakeHost, TestWindow } from './window-bench.ts';

let enginePath: string;
let workshop: Workshop;
useWorkshop((made) => {
  ({ enginePath, workshop } = made);
});

/** A window with a folder of three pictures to train on. */
async function desk(app = workshop.app(enginePath)) {
  const folder = join(workshop.folder, 'to train on');
  await mkdir(folder, { recursive: true });
  for (const name of ['a.png', 'b.png', 'c.png']) await writeFile(join(folder, name), name);
  const window = new TestWindow(app);
  window.host.picks.folder = folder;
  const place = (await window.call('chooseTrainingFolder', {}))!;
  const last = () =>
    window.events.reduce<TrainingState | null>(
      (state, event) => (event.type === 'training' ? event.training : state),
      null,
    );
  const until = (phase: TrainingState['phase']) => eventually(() => last()?.phase === phase, phase);
  const image = (wanted: TrainingImage) =>
    window.app.fetch(new Request(`http://app/${trainingImagePath(wanted)}`));
  return { app, folder, window, place, last, until, image };
}

type Start = WindowRequest<'startTraining'>;

const order = (place: string, changes: Partial<Start['choices']> = {}, more: Partial<Start> = {}): Start => ({
  places: [place],
  recipe: null,
  choices: { name: 'Mine', network: { kind: 'classic', channels: 1 }, length: { steps: 20 }, ...changes },
  pinned: [],
  ...more,
});

test('recipes come with all their choices and the model they start from, and the machine with what it trains on', async () => {
  const { window } = await desk();
  const offer = await window.call('describeTraining', {});
  expect(offer).toMatchObject({ backend: 'wasm', timesSlower: 10, unavailable: null });
  const night = offer.recipes.find(({ recipe }) => recipe === 'night-camera')!;
  expect(night.choices).toMatchObject({ name: '', from: 'gaussian-small', schedule: 'cosine', seed: 0 });
  const microscope = offer.recipes.find(({ recipe }) => recipe === 'microscope')!;
  expect(microscope.choices).toMatchObject({ from: 'gaussian-small', pictures: { kind: 'noisy' } });
});

describe('a survey', () => {
  const choices = { network: { kind: 'classic', channels: 1 } } as const;

  test('names files below the folder, and gives out its samples as ids with small pictures', async () => {
    const { window, place, image, folder } = await desk();
    const found = await window.call('surveyTraining', { places: [place.id], choices });
    expect(found.findings[0]!.files).toEqual([
      { file: 'a.png', reason: { phrase: 'seen-flat', details: {} } },
    ]);
    expect(found.samples.map(({ name, validation }) => [name, validation])).toEqual([
      ['a.png', true],
      ['b.png', false],
    ]);
    expect(JSON.stringify(found)).not.toContain(folder);
    expect(window.events.filter(({ type }) => type === 'training-survey')).toHaveLength(2);
    const small = await image({ of: 'sample', picture: found.samples[1]!.id, layer: 'noisy' });
    expect([small.headers.get('content-type'), await small.text()]).toEqual(['image/png', 'small 5']);
    expect((await image({ of: 'sample', picture: found.samples[1]!.id, layer: 'clean' })).status).toBe(404);
    expect((await image({ of: 'sample', picture: '/etc/passwd', layer: 'noisy' })).status).toBe(404);
  });

  test('ends the one before, and can be ended', async () => {
    const { window, place } = await desk();
    const first = window.try('surveyTraining', { places: [place.id], choices });
    await eventually(() => window.events.some(({ type }) => type === 'training-survey'), 'a first word');
    const second = window.call('surveyTraining', { places: [place.id], choices });
    expect(await first).toMatchObject({ ok: false, code: 'cancelled' });
    expect((await second).pictures).toBe(3);
    const third = window.try('surveyTraining', { places: [place.id], choices });
    await window.call('stopSurvey', {});
    expect(await third).toMatchObject({ ok: false, code: 'cancelled' });
  });

  test('of places that were not given out is refused', async () => {
    const { window } = await desk();
    const reply = await window.try('surveyTraining', { places: ['/etc'], choices });
    expect(reply).toMatchObject({ ok: false, code: 'place-not-found' });
  });
});

test('a training is followed from its start to its model: state, curve, checkpoints and pictures', async () => {
  const { window, place, last, until, image } = await desk();
  const choices = { network: { kind: 'classic', channels: 1 } } as const;
  const { samples } = await window.call('surveyTraining', { places: [place.id], choices });
  const wanted = order(place.id, {}, { pinned: [samples[0]!.id], recipe: 'old-jpegs' });
  const { training } = await window.call('startTraining', wanted);
  expect((await window.call('hello', {})).training).toMatchObject({
    training,
    name: 'Mine',
    recipe: 'old-jpegs',
  });
  expect(await window.try('startTraining', order(place.id))).toMatchObject({ code: 'training-running' });
  expect(window.host.done).toContain('awake true');
  await until('finished');
  expect(last()).toMatchObject({
    places: [place],
    pictures: { training: 9, validation: 1, leftOut: 0 },
    step: 20,
    steps: 20,
    fraction: 1,
    latest: { step: 20, psnr: 22, ssim: 0.5 },
    best: { step: 20 },
    pins: [{ pin: '0', validation: true }],
    result: { model: 'mine', stopped: false, endedBy: null },
  });
  expect(window.host.awake).toBe(false);
  const { curve, checkpoints } = await window.call('readTraining', { training });
  expect(curve).toMatchObject({ noisy: { psnr: 20, ssim: 0.3 }, blur: { psnr: 21, ssim: 0.4 } });
  expect(curve.validations.map(({ step }) => step)).toEqual([5, 10, 15, 20]);
  expect(checkpoints.map(({ step, best, usable, previews }) => [step, best, usable, previews])).toEqual([
    [5, false, true, true],
    [10, false, true, true],
    [15, false, true, true],
    [20, true, true, true],
  ]);
  const told = window.events.flatMap((event) =>
    event.type === 'training-curve' ? event.more.validations : [],
  );
  expect(told.map(({ step }) => step)).toEqual([5, 10, 15, 20]);
  await eventually(() => window.events.some(({ type }) => type === 'models'), 'the models');
  const after = await image({ of: 'preview', training, pin: '0', layer: { step: 10 } });
  expect(await after.text()).toBe('after 10');
  expect(await (await image({ of: 'preview', training, pin: '0', layer: 'noisy' })).text()).toBe('noisy');
  expect((await image({ of: 'preview', training, pin: '7', layer: 'noisy' })).status).toBe(404);
  expect((await image({ of: 'preview', training: '../../..', pin: '0', layer: 'noisy' })).status).toBe(404);
  await window.call('dismissTraining', {});
  expect(last()?.phase).toBe('idle');
  expect(await window.call('listTrainings', {})).toMatchObject([{ training, name: 'Mine', places: [place] }]);
});

test('a checkpoint that was not judged shows no number of another one', () => {
  const validation = { step: 5, psnr: 22, noisyPsnr: 20, best: true };
  const history = { ...noHistory, validations: [validation] };
  const snapshots = [5, 7].map((step) => ({ step, usable: true }));
  expect(shownCheckpoints(history, snapshots).map(({ step, quality }) => [step, quality])).toEqual([
    [5, { psnr: 22, ssim: null }],
    [7, null],
  ]);
});

test('what was judged because a training was stopped stays known when it is gone on with', () => {
  const judged = (step: number, psnr: number) => ({ step, psnr, noisyPsnr: 20, best: true });
  const before = { ...noHistory, validations: [judged(0, 21), judged(45, 22), judged(60, 23)] };
  const line = { type: 'resumed', step: 50, validations: [judged(0, 21)] } as const;
  expect(withLine(before, line).validations).toEqual([judged(0, 21), judged(45, 22)]);
});

test('of a training that goes on from a model the curve begins with that, as a line to beat', async () => {
  const { window, place, until } = await desk();
  const from = order(place.id, { from: 'gaussian-small', network: namedNetworks['unet-small'] });
  const { training } = await window.call('startTraining', from);
  await until('finished');
  const { curve } = await window.call('readTraining', { training });
  expect(curve.start).toEqual({ psnr: 20, ssim: 0.5 });
  expect(curve.validations.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20]);
  const told = window.events.flatMap((event) => (event.type === 'training-curve' ? [event.more] : []));
  expect(told.flatMap(({ validations }) => validations.map(({ step }) => step))).toEqual([0, 5, 10, 15, 20]);
  expect(told[0]!.start).toMatchObject({ psnr: 20 });
});

test('a checkpoint that is chosen becomes the model, at the end or at once; the best can be had again', async () => {
  const { window, place, until } = await desk();
  const { training } = await window.call('startTraining', order(place.id));
  const model = () => readFile(join(workshop.home, 'models/mine/weights.bin'), 'utf8');
  await eventually(() => window.events.some(({ type }) => type === 'training-checkpoints'), 'a checkpoint');
  await window.call('keepCheckpoint', { training, step: 5 });
  await until('finished');
  expect(await model()).toBe('5');
  await window.call('keepCheckpoint', { training, step: 10 });
  expect(await model()).toBe('10');
  expect((await window.call('hello', {})).training.kept).toBe(10);
  await window.call('keepCheckpoint', { training, step: null });
  expect(await model()).toBe('20');
  const gone = await window.try('keepCheckpoint', { training, step: 7 });
  expect(gone).toMatchObject({ code: 'checkpoint-not-found' });
});

test('a pause lasts over the end of the app: the training is offered, gone on with or forgotten', async () => {
  const first = await desk();
  const choices = { network: { kind: 'classic', channels: 1 } } as const;
  const { samples } = await first.window.call('surveyTraining', { places: [first.place.id], choices });
  const { training } = await first.window.call(
    'startTraining',
    order(first.place.id, { length: { steps: 400 } }, { pinned: [samples[0]!.id] }),
  );
  await eventually(() => (first.last()?.step ?? 0) > 6, 'a checkpoint');
  await first.window.call('pauseTraining', {});
  await first.until('paused');
  expect(first.last()).toMatchObject({ pausedBy: null, result: null });
  const told = first.window.events.length;
  await first.window.call('resumeTraining', {});
  await first.until('running');
  // What is known of it stays in view while it gets ready.
  const meanwhile = first.window.events
    .slice(told)
    .flatMap((event) => (event.type === 'training' ? [event.training] : []));
  expect(meanwhile.map(({ phase }) => phase)).toContain('preparing');
  expect(meanwhile.every(({ pins, step }) => pins.length === 1 && step > 0)).toBe(true);
  await first.window.call('pauseTraining', {});
  await first.until('paused');
  await first.app.close();

  const second = await desk();
  const { training: idle, unfinishedTrainings } = await second.window.call('hello', {});
  expect(idle.phase).toBe('idle');
  expect(unfinishedTrainings).toMatchObject([{ training, name: 'Mine', steps: 400 }]);
  expect(unfinishedTrainings[0]!.fraction).toBeGreaterThan(0);
  await second.window.call('continueTraining', { training });
  expect((await second.window.call('hello', {})).unfinishedTrainings).toEqual([]);
  await second.until('finished');
  expect(second.last()).toMatchObject({ step: 400, result: { model: 'mine' } });

  const other = await second.window.call(
    'startTraining',
    order(second.place.id, { name: 'Other', length: { steps: 900 } }),
  );
  await eventually(() => (second.last()?.step ?? 0) > 6, 'a checkpoint');
  await second.window.call('pauseTraining', {});
  await second.until('paused');
  await second.window.call('forgetTraining', other);
  expect(await second.window.call('listUnfinishedTrainings', {})).toEqual([]);
});

test('one that is stopped keeps what it has learnt, also where it was paused', async () => {
  const { window, place, last, until } = await desk();
  await window.call('startTraining', order(place.id, { length: { steps: 900 } }));
  await eventually(() => (last()?.step ?? 0) > 6, 'a checkpoint');
  await window.call('stopTraining', {});
  await until('finished');
  expect(last()?.result).toMatchObject({ model: 'mine', stopped: true, endedBy: null });
  await window.call('startTraining', order(place.id, { name: 'Other', length: { steps: 900 } }));
  await eventually(() => last()?.name === 'Other' && last()!.step > 6, 'a checkpoint');
  await window.call('pauseTraining', {});
  await until('paused');
  await window.call('stopTraining', {});
  await until('finished');
  expect(last()?.result).toMatchObject({ model: 'other', stopped: true });
  expect((await window.call('hello', {})).unfinishedTrainings).toEqual([]);
});

test('what ends it early is said: a loss that is no number for good, a lost engine until it is gone on with', async () => {
  const { window, place, last, until } = await desk();
  await window.call('startTraining', order(place.id, { name: 'diverge' }));
  await until('finished');
  expect(last()?.result).toMatchObject({ model: 'diverge', endedBy: { code: 'training-diverged' } });
  await window.call('startTraining', order(place.id, { name: 'crash-late' }));
  await until('paused');
  expect(last()).toMatchObject({ pausedBy: { code: 'training-interrupted' }, result: null });
  await window.call('startTraining', order(place.id, { name: 'crash' }));
  await until('finished');
  expect(last()?.result).toMatchObject({ model: null, endedBy: { code: 'training-interrupted' } });
});

test('a disk that is full is shown as trouble while it goes on', async () => {
  const { window, place, until } = await desk();
  await window.call('startTraining', order(place.id, { name: 'full' }));
  await until('finished');
  const troubles = window.events.flatMap((event) =>
    event.type === 'training' ? (event.training.trouble ?? []) : [],
  );
  expect(troubles[0]?.code).toBe('disk-full');
});

test('a training that is not there is refused by name', async () => {
  const { window } = await desk();
  for (const training of ['000009-abcdef', '../settings']) {
    expect(await window.try('readTraining', { training })).toMatchObject({ code: 'training-not-found' });
    expect(await window.try('forgetTraining', { training })).toMatchObject({ code: 'training-not-found' });
  }
  const resumed = await window.call('resumeTraining', {}).catch(failureOf);
  expect(resumed).toMatchObject({ code: 'training-not-found' });
});

describe('a training that another program is at work on', () => {
  test('P18: is not offered, cannot be given up, and keeps what it has learnt', async () => {
    const other = workshop.app(enginePath);
    const { jobId } = await other.api.startTraining({
      config: trainingConfig.parse({
        folders: [workshop.pictures],
        name: 'Theirs',
        network: { kind: 'classic', channels: 1 },
        length: { steps: 100 },
      }),
    });
    const checkpoints = join(workshop.home, 'jobs', jobId, 'checkpoints');
    await eventually(() => existsSync(checkpoints), 'a checkpoint');
    const { window } = await desk();
    expect(await window.call('listUnfinishedTrainings', {})).toEqual([]);
    const refused = await window.try('forgetTraining', { training: jobId });
    expect(refused).toMatchObject({ ok: false, code: 'training-running' });
    expect(existsSync(checkpoints)).toBe(true);
    await other.close();
    const [left] = await window.call('listUnfinishedTrainings', {});
    expect(left).toMatchObject({ training: jobId, name: 'Theirs' });
    await window.call('forgetTraining', { training: jobId });
    expect(existsSync(checkpoints)).toBe(false);
  });
});

test('one that ends before all is known of it is shown as ended', async () => {
  // Without an engine it ends in the moment it begins.
  const parts = connectParts({ root: workshop.root, home: workshop.home, enginePath: '/no/engine.js' });
  const hub = new WindowHub(() => {});
  const host = new FakeHost();
  hub.addHost(host);
  const placesOf = () => new Promise<[]>((resolve) => setTimeout(() => resolve([]), 300));
  const trainings = new TrainingDesk({ parts, hub, placesOf, onModels: () => {} });
  const config = trainingConfig.parse({
    folders: [workshop.pictures],
    name: 'Mine',
    network: { kind: 'classic', channels: 1 },
    length: { steps: 20 },
  });
  await trainings.start({ config, pinned: [], recipe: null });
  await eventually(() => trainings.state.phase === 'finished', 'the end');
  expect(trainings.state.result?.endedBy?.code).toBe('engine-unavailable');
  expect(host.awake).toBe(false);
  trainings.close();
});

describe('F12: files of a training that hold nonsense', () => {
  const nonsense = [
    null,
    5,
    'x',
    [],
    {},
    { type: 'progress' },
    { type: 'validation' },
    { type: 'begun', begun: null },
  ];

  test('in its journal are passed over: the window opens, and tells what can be told', async () => {
    const { window, place, app, until } = await desk();
    const { training } = await window.call('startTraining', order(place.id, { length: { steps: 60 } }));
    await until('running');
    await app.close();
    const journal = join(workshop.home, 'jobs', training, 'training.jsonl');
    const lines = (await readFile(journal, 'utf8')).split('\n');
    await writeFile(journal, [...nonsense.map((line) => JSON.stringify(line)), ...lines].join('\n'));
    const next = new TestWindow(workshop.app(enginePath));
    const hello = await next.call('hello', {});
    expect(hello.unfinishedTrainings).toMatchObject([{ training, name: 'Mine' }]);
    expect((await next.call('readTraining', { training })).curve.validations.every(Boolean)).toBe(true);
  });

  test('in its report, or what a newer version says, hide no other training', async () => {
    const { window, place, until } = await desk();
    const trainings: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const { training } = await window.call(
        'startTraining',
        order(place.id, { name, length: { steps: 5 } }),
      );
      await until('finished');
      await window.call('dismissTraining', {});
      trainings.push(training);
    }
    const report = (training = '') => join(workshop.home, 'jobs', training, 'report.json');
    await writeFile(report(trainings[0]), '{"version":1}');
    const later = JSON.parse(await readFile(report(trainings[1]), 'utf8')) as { outcome: object };
    const endedBy = { code: 'not-known-yet', details: {}, message: 'The sun was too bright.' };
    await writeFile(
      report(trainings[1]),
      JSON.stringify({ ...later, outcome: { ...later.outcome, endedBy } }),
    );
    const listed = await window.call('listTrainings', {});
    expect(listed.map(({ training }) => training)).toEqual([trainings[2], trainings[1]]);
    expect(listed[1]?.result?.endedBy).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('The sun was too bright.') as string,
    });
  });
});
