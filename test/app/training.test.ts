import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { App } from '../../app/app.ts';
import type { StartTraining } from '../../app/training/training-jobs.ts';
import type { JobEvent, JobSummary } from '../../contract/jobs.ts';
import { snapshotFolder } from '../../contract/snapshots.ts';
import { trainingConfig, type TrainingConfig } from '../../contract/train.ts';
import { codeOf, follow, useWorkshop, type Workshop } from './workshop.ts';

let enginePath: string;
let workshop: Workshop;
useWorkshop((made) => {
  ({ enginePath, workshop } = made);
});

const config = (more: Partial<TrainingConfig> = {}) =>
  trainingConfig.parse({
    folders: [workshop.pictures],
    name: 'Mine',
    network: { kind: 'classic', channels: 1 },
    length: { steps: 20 },
    ...more,
  });

/** Follows a training from its start, or from where it is gone on with, to its summary. */
async function followTraining(
  app: App,
  begin: (app: App) => Promise<{ jobId: string }>,
  onEvent: (event: JobEvent) => void = () => {},
) {
  const events: JobEvent[] = [];
  let unsubscribe = () => {};
  const ended = new Promise<JobSummary>((resolve) => {
    unsubscribe = app.subscribe((event) => {
      events.push(event);
      onEvent(event);
      if (event.type === 'summary' && event.summary.kind !== 'clean') resolve(event.summary);
    });
  });
  const { jobId } = await begin(app);
  const summary = await ended;
  unsubscribe();
  return { jobId, summary, events };
}

const starting =
  (more: Partial<StartTraining> = {}, changes: Partial<TrainingConfig> = {}) =>
  (app: App) =>
    app.api.startTraining({ config: config(changes), ...more });

const pausingAt = (app: App, step: number) => (event: JobEvent) => {
  if (event.type === 'training' && event.progress.step === step) {
    void app.api.pauseTraining({ jobId: event.jobId });
  }
};

const stepsOf = (events: readonly JobEvent[]) =>
  events.flatMap((event) => (event.type === 'training' ? [event.progress.step] : []));

test('a training is paused with a checkpoint, its process ends, and it goes on from there under the same id', async () => {
  const app = workshop.app(enginePath);
  const paused = await followTraining(app, starting(), pausingAt(app, 12));
  expect(paused.summary).toMatchObject({ kind: 'paused' });
  const again = await followTraining(app, () => app.api.continueTraining({ jobId: paused.jobId }));
  expect(again.jobId).toBe(paused.jobId);
  expect(stepsOf(again.events)[0]).toBe(11); // after the checkpoint of step 10
  expect(again.summary).toMatchObject({ kind: 'train', outcome: { steps: 20, stopped: false } });
});

test('the end of the app pauses it; another app goes on with it, as does the same command with resume', async () => {
  const first = workshop.app(enginePath);
  const left = followTraining(first, starting(), (event) => {
    if (event.type === 'training' && event.progress.step === 7) void first.close();
  });
  expect((await left).summary).toMatchObject({ kind: 'paused' });
  const second = workshop.app(enginePath);
  const longer = starting({ resume: true }, { length: { steps: 25 } });
  const { jobId, summary } = await followTraining(second, longer);
  expect(jobId).toBe((await left).jobId);
  expect(summary).toMatchObject({ kind: 'train', outcome: { steps: 25 } });
});

test('one that was stopped is finished and keeps its model, and may still be made longer', async () => {
  const app = workshop.app(enginePath);
  const stopped = await followTraining(app, starting(), (event) => {
    if (event.type === 'training' && event.progress.step === 8)
      void app.api.cancelJob({ jobId: event.jobId });
  });
  expect(stopped.summary).toMatchObject({ kind: 'train', outcome: { stopped: true } });
  const { summary, events } = await followTraining(app, starting({ resume: true }));
  expect(stepsOf(events)[0]).toBe(6);
  expect(summary).toMatchObject({ kind: 'train', outcome: { steps: 20, stopped: false } });
});

test('without an earlier one of the same choices there is nothing to go on with', async () => {
  const { api } = workshop.app(enginePath);
  expect(await codeOf(api.startTraining({ config: config(), resume: true }))).toBe('no-unfinished-training');
  expect(await codeOf(api.continueTraining({ jobId: '000001-abcdef' }))).toBe('training-not-found');
  expect(await codeOf(api.continueTraining({ jobId: '../../etc' }))).toBe('training-not-found');
});

test('there is one training at a time on a machine, and cleaning goes on beside it', async () => {
  await workshop.picture('a.png');
  const [app, other] = [workshop.app(enginePath), workshop.app(enginePath)];
  let training!: Promise<{ summary: JobSummary }>;
  await new Promise<void>((begun) => {
    const onEvent = ({ type }: JobEvent) => type === 'training' && begun();
    training = followTraining(app, starting({}, { length: { steps: 60 } }), onEvent);
  });
  await app.api.startTraining({ config: config({ name: 'Another' }) }).then(
    () => expect.unreachable(),
    (error: unknown) => expect(error).toMatchObject({ code: 'training-running' }),
  );
  expect(await codeOf(other.api.startTraining({ config: config({ name: 'Another' }) }))).toBe(
    'training-running',
  );
  expect((await follow(app, workshop.job())).report.done).toHaveLength(1);
  expect((await training).summary.kind).toBe('train');
});

describe('an engine that is lost', () => {
  test('is replaced, and the training goes on from its checkpoint', async () => {
    const { summary, events } = await followTraining(
      workshop.app(enginePath),
      starting({}, { name: 'crash-once' }),
    );
    expect(events.filter(({ type }) => type === 'engine-restarted')).toHaveLength(1);
    expect(stepsOf(events)).toEqual([1, 2, 3, 4, 5, 6, 6, ...Array.from({ length: 14 }, (_, i) => 7 + i)]);
    expect(summary).toMatchObject({ kind: 'train', outcome: { steps: 20 } });
  });

  test('again and again ends it, to be gone on with another time', async () => {
    const app = workshop.app(enginePath);
    const { jobId, summary } = await followTraining(app, starting({}, { name: 'crash-late' }));
    expect(summary).toMatchObject({ kind: 'failed', code: 'training-interrupted' });
    const again = await followTraining(app, () => app.api.continueTraining({ jobId }));
    expect(again.summary).toMatchObject({ kind: 'failed', code: 'training-interrupted' });
  });
});

test('T1: one that has diverged keeps what it had, says what ended it, and is not offered again', async () => {
  const app = workshop.app(enginePath);
  const { summary } = await followTraining(app, starting({}, { name: 'diverge' }));
  expect(summary).toMatchObject({
    kind: 'train',
    outcome: { endedBy: { code: 'training-diverged' }, steps: 7 },
  });
  expect((await app.api.listModels({})).map(({ id }) => id)).toContain('diverge');
});

test('T5: checkpoints that cannot be written are told, and do not end it', async () => {
  const { summary, events } = await followTraining(workshop.app(enginePath), starting({}, { name: 'full' }));
  const told = events.flatMap((event) =>
    event.type === 'training' ? (event.progress.checkpoint ?? []) : [],
  );
  expect(told.map(({ failure }) => failure?.code)).toEqual([
    'disk-full',
    'disk-full',
    'disk-full',
    'disk-full',
  ]);
  expect(summary).toMatchObject({ kind: 'train', outcome: { steps: 20 } });
});

test('a strip of each checkpoint is written where it is wanted, and replaces nothing', async () => {
  const preview = join(workshop.folder, 'looks');
  const app = workshop.app(enginePath);
  await followTraining(app, starting({ preview }));
  await expect
    .poll(() => readdirSync(preview).sort())
    .toEqual([
      'mine-step-000005.png',
      'mine-step-000010.png',
      'mine-step-000015.png',
      'mine-step-000020.png',
    ]);
  expect(readFileSync(join(preview, 'mine-step-000010.png'), 'utf8')).toBe('strip 10');
});

test('a folder for strips that cannot be made is refused before anything begins', async () => {
  await writeFile(join(workshop.folder, 'file'), '');
  const { api } = workshop.app(enginePath);
  const start = api.startTraining({ config: config(), preview: join(workshop.folder, 'file', 'in') });
  expect(await codeOf(start)).toBe('output-folder-unusable');
  expect(existsSync(join(workshop.home, 'jobs')) ? readdirSync(join(workshop.home, 'jobs')) : []).toEqual([]);
});

test('checkpoints of the last three finished trainings are kept, of older ones their pictures alone', async () => {
  const app = workshop.app(enginePath);
  const jobs: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) {
    jobs.push((await followTraining(app, starting({}, { name, length: { steps: 5 } }))).jobId);
  }
  const filesOf = (jobId: string) =>
    readdirSync(join(workshop.home, 'jobs', jobId, 'snapshots', snapshotFolder(5)));
  expect(filesOf(jobs[0]!)).toContain('after-0.png');
  expect(filesOf(jobs[0]!)).not.toContain('weights.bin');
  expect(existsSync(join(workshop.home, 'jobs', jobs[0]!, 'checkpoints'))).toBe(false);
  expect(filesOf(jobs[1]!)).toContain('weights.bin');
});

test('a batch that begins leaves a training that was left open as it is', async () => {
  await workshop.picture('a.png');
  const app = workshop.app(enginePath);
  const { jobId } = await followTraining(app, starting(), pausingAt(app, 7));
  await follow(app, workshop.job());
  const files = readdirSync(join(workshop.home, 'jobs', jobId));
  expect(files).toEqual(expect.arrayContaining(['job.json', 'unfinished', 'training.jsonl']));
  expect(files.filter((name) => name.includes('.bad-'))).toEqual([]);
});
