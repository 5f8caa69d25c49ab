import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CleanedPicture } from '../../../contract/clean.ts';
import {
  buildForNode,
  eventually,
  follow,
  sha256,
  useWorkshop,
  writeModel,
  type Workshop,
} from '../workshop.ts';
import { JobStore } from '../../../app/jobs/job-store.ts';
import { placesIn } from '../../../app/places.ts';
import { FinishedBatches } from '../../../app/window/finished-batches.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
let built: string;
useWorkshop((made) => ({ workshop, enginePath, built } = made));

const open = () => new TestWindow(workshop.app(enginePath));

/** A window whose results go to the output folder. */
async function opened(): Promise<TestWindow> {
  const window = open();
  window.host.picks.folder = workshop.out;
  await window.call('chooseOutputFolder', {});
  return window;
}

describe('a batch', () => {
  test('headers that it left no time for are read once it is over, also when it never began', async () => {
    for (const name of ['a.png', 'b.png', 'c.png', 'd.png']) await workshop.picture(name, 'wait 5000');
    const window = await opened();
    const ready = () => window.all.length === 4 && window.all.every(({ state }) => state === 'ready');
    await window.app.addPaths([workshop.pictures]);
    await window.call('startBatch', { rows: 'all' });
    await window.call('stopBatch', {});
    await eventually(ready, 'the headers after a stop');

    await window.call('removeRows', { rows: 'all' });
    await window.call('changeSettings', { batch: { model: 'gone' } });
    await window.app.addPaths([workshop.pictures]);
    expect(await window.try('startBatch', { rows: 'all' })).toMatchObject({ code: 'model-not-found' });
    await eventually(ready, 'the headers after a batch that could not begin');
  });

  test('cleans what is in the queue, tree and all, and tells how it gets on', async () => {
    for (const name of ['Trip/a.png', 'Trip/deep/b.png', 'lone.png']) await workshop.picture(name, 'wait 50');
    await workshop.picture('Trip/bad.png', 'fail image-damaged');
    const window = await opened();
    await window.add(join(workshop.pictures, 'Trip'), join(workshop.pictures, 'lone.png'));
    const end = await window.clean();
    expect(end).toMatchObject({
      phase: 'finished',
      counts: { all: 4, done: 3, unchanged: 0, failed: 1, kept: 0 },
      megapixels: 8,
      megapixelsDone: 8,
      stopped: false,
      endedBy: null,
    });
    expect(window.statesOf()).toEqual({
      'a.png': 'done',
      'b.png': 'done',
      'bad.png': 'failed',
      'lone.png': 'done',
    });
    expect(window.row('a.png')).toMatchObject({ output: 'a_denoised.png', noiseFactor: 0.1, fraction: 1 });
    expect(window.row('bad.png').problem?.code).toBe('image-damaged');
    expect(workshop.results()).toEqual(['a_denoised.png', 'deep/b_denoised.png', 'lone_denoised.png']);
    expect(window.states.map(({ phase }) => phase).filter((phase, at, all) => phase !== all[at - 1])).toEqual(
      ['preparing', 'running', 'finished'],
    );
  });

  test('keeps the machine awake only while it works, shows progress, and tells of its end', async () => {
    await workshop.picture('a.png', 'held');
    const window = await opened();
    await window.add(workshop.pictures);
    await window.call('startBatch', { rows: 'all' });
    expect(window.host.awake).toBe(true);
    await workshop.release('a.png');
    await window.finished();
    expect(window.host.done.filter((what) => what.startsWith('awake'))).toEqual([
      'awake true',
      'awake false',
    ]);
    expect(window.host.progress.at(-1)).toBeNull();
    expect(window.host.progress.some((fraction) => fraction !== null)).toBe(true);
    expect(window.host.notes).toEqual([
      {
        title: 'Pictures are cleaned',
        body: '1 cleaned, 0 needed no cleaning, 0 failed, 0 kept as they were',
      },
    ]);
    await window.call('changeSettings', { notifications: false, taskbarProgress: false });
    const shown = window.host.progress.length;
    await window.clean([window.row('a.png').id]);
    expect([window.host.notes.length, window.host.progress.length]).toEqual([1, shown]);
  });

  test('does only what is not done; failed ones are tried again, named ones in any case', async () => {
    await workshop.picture('a.png');
    await workshop.picture('b.png', 'fail image-damaged');
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean();
    await workshop.picture('b.png');
    await window.clean();
    expect(workshop.attempts().map(({ name }) => name)).toEqual(['a.png', 'b.png', 'b.png']);
    expect(window.batch.counts).toEqual({ all: 1, done: 1, unchanged: 0, failed: 0, kept: 0 });
    expect(await window.try('startBatch', { rows: 'all' })).toMatchObject({ code: 'nothing-to-clean' });
    await window.clean([window.row('a.png').id]);
    expect(workshop.results()).toEqual(['a_denoised (2).png', 'a_denoised.png', 'b_denoised.png']);
  });

  test('gives each picture its own choices, also its own model, and writes them into the report', async () => {
    await writeModel(join(workshop.root, 'model/pretrained/photo-small'), 'photo-small');
    for (const name of ['a.png', 'b.png']) await workshop.picture(name);
    const window = await opened();
    await window.add(workshop.pictures);
    await window.call('changeSettings', {
      threads: 2,
      batch: { model: 'gaussian-small', name: '{name}_{model}', strength: 0.8 },
    });
    await window.call('changeRows', {
      rows: [window.row('b.png').id],
      choices: { model: 'photo-small', noiseFactor: 0.2 },
    });
    await window.clean();
    const byName = Object.fromEntries(workshop.attempts().map((one) => [one.name, one]));
    expect(byName['a.png']).toMatchObject({
      model: 'gaussian-small',
      settings: { strength: 0.8, threads: 2 },
    });
    expect(byName['b.png']).toMatchObject({
      model: 'photo-small',
      settings: { strength: 0.8, noiseFactor: 0.2 },
    });
    expect(workshop.results()).toEqual(['a_gaussian-small.png', 'b_photo-small.png']);
    const [batch] = await window.call('listBatches', {});
    const app = workshop.app(enginePath);
    const again = await follow(app, (await app.api.readReport({ file: batch?.report ?? '' })).job);
    expect(again.report.done).toHaveLength(2);
    expect(
      workshop.attempts().filter(({ name, model }) => name === 'b.png' && model === 'photo-small'),
    ).toHaveLength(2);
  });

  test('pauses: what is in work is finished, nothing begins, and it goes on', async () => {
    for (let n = 0; n < 8; n++) await workshop.picture(`p${n}.png`, 'wait 100');
    const window = await opened();
    await window.add(workshop.pictures);
    const began = performance.now();
    await window.call('startBatch', { rows: 'all' });
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    await window.call('pauseBatch', {});
    expect([window.batch.phase, window.host.awake]).toEqual(['paused', false]);
    const allDone = () => window.batch.counts.done === workshop.attempts().length;
    await eventually(allDone, 'the pictures that were in work');
    await new Promise((resolve) => setTimeout(resolve, 400));
    const begun = workshop.attempts().length;
    expect(begun).toBeLessThan(8);
    expect(workshop.results()).toHaveLength(begun);
    expect(window.batch).toMatchObject({ phase: 'paused', counts: { done: begun } });
    expect(workshop.enginePids()).toHaveLength(1);
    await window.call('resumeBatch', {});
    expect((await window.finished()).counts.done).toBe(8);
    const [report] = await window.call('listBatches', {});
    // At the end of the pause nothing was in work any more: that is no time of work.
    expect((performance.now() - began) / 1000 - report!.seconds).toBeGreaterThan(0.2);
  });

  test('stopped while it pauses ends, and what was left can be cleaned in a new one', async () => {
    for (let n = 0; n < 6; n++) await workshop.picture(`p${n}.png`, 'wait 100');
    const window = await opened();
    await window.add(workshop.pictures);
    await window.call('startBatch', { rows: 'all' });
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    await window.call('pauseBatch', {});
    await window.call('stopBatch', {});
    const end = await window.finished();
    expect([end.stopped, end.phase]).toEqual([true, 'finished']);
    expect(Object.values(window.statesOf())).not.toContain('waiting');
    expect(await window.call('listUnfinished', {})).toHaveLength(1);
    expect(window.host.notes).toEqual([]);
    await window.clean();
    expect(workshop.results()).toHaveLength(6);
    expect(await window.call('listUnfinished', {})).toEqual([]);
  });

  test('stopped while it prepares does nothing', async () => {
    await workshop.picture('a.png');
    const window = await opened();
    await window.add(workshop.pictures);
    const started = window.call('startBatch', { rows: 'all' });
    await eventually(() => window.states.length > 0, 'preparing');
    await window.call('stopBatch', {});
    await started;
    expect((await window.finished()).stopped).toBe(true);
    expect(workshop.results()).toEqual([]);
  });

  test('that cannot begin leaves the rows as they were and says why', async () => {
    await workshop.picture('a.png');
    const window = await opened();
    await window.add(workshop.pictures);
    await writeFile(workshop.out, 'a file in the way');
    expect(await window.try('startBatch', { rows: 'all' })).toMatchObject({ code: 'output-folder-unusable' });
    expect(window.batch.phase).toBe('idle');
    expect((await window.call('listRows', {}))[0]?.state).toBe('ready');
    expect(window.host.awake).toBe(false);
  });

  test('F3: survives the end of its engine, and says so', async () => {
    await workshop.picture('a.png', 'crash-once');
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean();
    expect(window.row('a.png')).toMatchObject({ state: 'done', notices: [{ code: 'engine-restarted' }] });
    expect(window.eventsOf('engine-restarted')).toHaveLength(1);
  });

  test('F6: is known whole after a reload, in the middle of it', async () => {
    for (let n = 0; n < 4; n++) await workshop.picture(`p${n}.png`, 'wait 150');
    const app = workshop.app(enginePath);
    const first = new TestWindow(app);
    first.host.picks.folder = workshop.out;
    await first.call('chooseOutputFolder', {});
    await first.add(workshop.pictures);
    const { batch } = await first.call('startBatch', { rows: 'all' });
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    // It would not be offered again if it were interrupted now.
    expect(await first.try('forgetUnfinished', { batch })).toMatchObject({ code: 'batch-running' });
    first.app.close();
    expect(first.host.awake).toBe(false);
    const second = new TestWindow(app);
    expect(second.host.awake).toBe(true);
    const hello = await second.call('hello', {});
    expect(hello.batch).toMatchObject({ batch, counts: { all: 4 } });
    expect(['preparing', 'running']).toContain(hello.batch.phase);
    expect(hello.unfinished).toEqual([]);
    expect((await second.call('listRows', {})).map(({ state }) => state)).toContain('working');
    expect(await second.try('startBatch', { rows: 'all' })).toMatchObject({ code: 'batch-running' });
    await second.call('removeRows', { rows: 'all' });
    expect((await second.finished()).counts.done).toBe(4);
  });

  test('P12: whose results are there already keeps or numbers them, as the settings say', async () => {
    await workshop.picture('a.png');
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean();
    await window.call('changeSettings', { batch: { onConflict: 'skip' } });
    await window.clean([window.row('a.png').id]);
    expect(window.row('a.png')).toMatchObject({ state: 'kept', notices: [{ code: 'output-kept' }] });
    expect(window.batch.counts).toEqual({ all: 1, done: 0, unchanged: 0, failed: 0, kept: 1 });
  });
});

describe('a batch that a crash left open', () => {
  async function crashed(): Promise<void> {
    // Those that are left are slow, so that a busy machine does not get to them before it is killed.
    for (let n = 0; n < 6; n++) await workshop.picture(`p${n}.png`, n < 4 ? 'wait 60' : 'wait 2500');
    const module = await buildForNode('lone-app.ts', built);
    const job = join(workshop.folder, 'job.json');
    await writeFile(job, JSON.stringify(workshop.job()));
    const { root, home, state } = workshop;
    const app = spawn(process.execPath, [module, root, home, enginePath, job], {
      env: { ...process.env, FAKE_ENGINE_STATE: state },
      stdio: 'ignore',
    });
    const exited = once(app, 'exit');
    await eventually(() => workshop.results().length >= 4, 'four results');
    app.kill('SIGKILL');
    await exited;
  }

  test('F5: is offered at the next start, and goes on with its rows', async () => {
    await crashed();
    const window = open();
    const { unfinished } = await window.call('hello', {});
    expect(unfinished).toMatchObject([{ pictures: 6 }]);
    // Three may be in work at a time, published and not written down.
    expect(unfinished[0]?.left).toBeLessThanOrEqual(5);
    const { batch } = await window.call('continueBatch', { batch: unfinished[0]?.batch ?? '' });
    expect(batch).toBe(unfinished[0]?.batch);
    const end = await window.finished();
    expect(end.counts).toEqual({ all: 6, done: 6, unchanged: 0, failed: 0, kept: 0 });
    expect(Object.values(window.statesOf())).toEqual(Array(6).fill('done'));
    expect(workshop.results()).toHaveLength(6);
    expect(await window.call('listUnfinished', {})).toEqual([]);
  });

  test('can be forgotten', async () => {
    await crashed();
    const window = open();
    const [left] = await window.call('listUnfinished', {});
    await window.call('forgetUnfinished', { batch: left?.batch ?? '' });
    expect(window.eventsOf('unfinished').at(-1)?.unfinished).toEqual([]);
    expect(await window.try('continueBatch', { batch: left?.batch ?? '' })).toMatchObject({
      code: 'batch-not-found',
    });
  });
});

describe('after a batch', () => {
  test('S9: its report lists each picture, and shows files and report by id alone', async () => {
    await workshop.picture('Trip/a.png');
    await workshop.picture('Trip/bad.png', 'fail image-damaged');
    const window = await opened();
    await window.add(join(workshop.pictures, 'Trip'));
    await window.clean();
    const [batch] = await window.call('listBatches', {});
    expect(batch).toMatchObject({
      counts: { all: 2, done: 1, unchanged: 0, failed: 1, kept: 0 },
      undone: false,
    });
    // Both places say the same of how long it took.
    expect(window.batch.secondsSoFar).toBe(batch?.seconds);
    expect(batch?.rows).toMatchObject([
      { name: 'a.png', folder: 'Trip', state: 'done', output: 'a_denoised.png' },
      { name: 'bad.png', state: 'failed', problem: { code: 'image-damaged' } },
    ]);
    await window.call('revealOutput', { row: batch?.rows[0]?.row ?? '' });
    await window.call('revealOutput', { row: window.row('a.png').id });
    await window.call('revealReport', { batch: batch?.batch ?? '' });
    const output = join(workshop.out, 'a_denoised.png');
    expect(window.host.done.slice(-3)).toEqual([
      `reveal ${output}`,
      `reveal ${output}`,
      `reveal ${batch?.report}`,
    ]);
    expect(await window.try('revealOutput', { row: batch?.rows[1]?.row ?? '' })).toMatchObject({ ok: false });
    await rm(output);
    expect(await window.try('revealOutput', { row: window.row('a.png').id })).toMatchObject({
      code: 'output-not-found',
    });
  });

  test('it tells how many of its pictures were clean already, as its report does', async () => {
    await workshop.picture('a.png');
    await workshop.picture('b.png', 'clean-already');
    const window = await opened();
    await window.add(workshop.pictures);
    const counts = { all: 2, done: 2, unchanged: 1, failed: 0, kept: 0 };
    expect(await window.clean()).toMatchObject({ counts });
    expect(window.statesOf()).toEqual({ 'a.png': 'done', 'b.png': 'unchanged' });
    expect(await window.call('listBatches', {})).toMatchObject([{ counts }]);
  });

  test('no more reports are sent at once than a window can take, but always the newest', async () => {
    for (const name of ['a.png', 'b.png']) await workshop.picture(name);
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean();
    await window.clean([window.row('a.png').id]);
    const places = placesIn(workshop.home);
    const reports = new FinishedBatches(new JobStore(places), places.uploads);
    const rowsOf = async (most: number) => (await reports.list(most)).map(({ rows }) => rows.length);
    expect(await rowsOf(3)).toEqual([1, 2]);
    expect(await rowsOf(2)).toEqual([1]);
    expect(await rowsOf(0)).toEqual([1]);
  });

  test('its report lists pictures as people look for them, whichever was done first', async () => {
    for (const name of ['img10.png', 'img2.png', 'b.png']) await workshop.picture(name);
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean();
    const [before] = await window.call('listBatches', {});
    const file = before?.report ?? '';
    const report = JSON.parse(await readFile(file, 'utf8')) as { done: CleanedPicture[] };
    report.done.sort((one, other) => (one.source < other.source ? 1 : -1));
    await writeFile(file, JSON.stringify(report));
    const [batch] = await window.call('listBatches', {});
    expect(batch?.rows.map(({ name }) => name)).toEqual(['b.png', 'img2.png', 'img10.png']);
    await window.call('revealOutput', { row: batch?.rows[0]?.row ?? '' });
    expect(window.host.done.at(-1)).toBe(`reveal ${join(workshop.out, 'b_denoised.png')}`);
  });

  test('undoing it leaves alone what another batch has taken meanwhile', async () => {
    await workshop.picture('z.png');
    const held = ['a.png', 'b.png', 'c.png', 'd.png'];
    for (const name of held) await workshop.picture(name, 'held');
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean([window.row('z.png').id]);
    const [batch] = await window.call('listBatches', {});
    await window.call('startBatch', { rows: window.all.map(({ id }) => id) });
    expect(await window.call('undoBatch', { batch: batch?.batch ?? '' })).toMatchObject({ moved: 1 });
    expect(window.row('z.png')).toMatchObject({ state: 'waiting', output: null });
    for (const name of held) await workshop.release(name);
    expect((await window.finished()).counts.done).toBe(5);
    expect(window.row('z.png').state).toBe('done');
  });

  test('it can be undone: outputs go to the trash unless they were changed, never a source', async () => {
    for (const name of ['a.png', 'b.png', 'c.png', 'd.png']) await workshop.picture(name);
    const before = workshop.listing(workshop.pictures);
    const window = await opened();
    await window.add(workshop.pictures);
    await window.clean();
    const edited = join(workshop.out, 'b_denoised.png');
    const bytes = await readFile(edited);
    await writeFile(edited, bytes.fill(7, bytes.length - 3));
    await rm(join(workshop.out, 'c_denoised.png'));
    const [batch] = await window.call('listBatches', {});
    const file = batch?.report ?? '';
    const report = JSON.parse(await readFile(file, 'utf8')) as { done: CleanedPicture[] };
    const last = report.done.find(({ source }) => source.endsWith('d.png'));
    // A report that somebody tampered with: all of it speaks for the source being a result.
    const source = await readFile(last?.source ?? '');
    const forged = { output: last?.source, outputBytes: source.length, outputSha256: sha256(source) };
    if (last) Object.assign(last, forged);
    await writeFile(file, JSON.stringify(report));
    const undone = await window.call('undoBatch', { batch: batch?.batch ?? '' });
    expect(undone.moved).toBe(1);
    expect([...undone.kept].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'b_denoised.png', why: 'changed' },
      { name: 'c_denoised.png', why: 'gone' },
      { name: 'd.png', why: 'changed' },
    ]);
    expect(window.host.trashed).toEqual([join(workshop.out, 'a_denoised.png')]);
    expect(workshop.listing(workshop.pictures)).toEqual(before);
    expect(window.row('a.png')).toMatchObject({ state: 'ready', output: null });
    expect((await window.call('listBatches', {}))[0]?.undone).toBe(true);
  });

  test('F12: reports of other versions, and some that make no sense, hide none of the others', async () => {
    for (const name of ['a.png', 'b.png']) await workshop.picture(name, 'fail image-damaged');
    const window = await opened();
    await window.add(workshop.pictures);
    for (let round = 0; round < 3; round++) {
      await window.clean();
      window.states.length = 0;
    }
    const [third, second, first] = await window.call('listBatches', {});
    const change = async (file = '', changes: (report: Record<string, unknown>) => object) => {
      const report = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      await writeFile(file, JSON.stringify({ ...report, ...changes(report) }));
    };
    const message = 'It was too bright.';
    const failed = [{ source: '/a.png', code: 'sun-too-bright', details: {}, message }];
    await change(second?.report, () => ({ failed }));
    await change(first?.report, () => ({ done: [{ source: '/a.png', output: '/b.png', notices: 5 }] }));
    const listed = await window.call('listBatches', {});
    expect(listed.map(({ batch }) => batch)).toEqual([third?.batch, second?.batch]);
    expect(listed[1]?.rows[0]?.problem).toMatchObject({
      code: 'internal',
      message: expect.stringContaining(message) as string,
    });
  });
});
