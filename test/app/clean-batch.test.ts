import { readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  codeOf,
  eventually,
  follow,
  names,
  sha256,
  types,
  useWorkshop,
  writeModel,
  type Workshop,
} from './workshop.ts';

let workshop: Workshop;
let enginePath: string;
let built: string;
useWorkshop((made) => {
  ({ workshop, enginePath, built } = made);
});

describe('a batch', () => {
  test('cleans a tree into a mirrored tree and leaves the sources as they were', async () => {
    for (const name of ['b.png', 'a.png', 'sub/c.png', 'sub/deep/d.png']) await workshop.picture(name);
    const before = workshop.listing(workshop.pictures);
    const { report, events } = await follow(workshop.app(enginePath), workshop.job());
    expect(workshop.outputs()).toEqual([
      'a_denoised.png',
      'b_denoised.png',
      'sub/c_denoised.png',
      'sub/deep/d_denoised.png',
    ]);
    expect(workshop.listing(workshop.pictures)).toEqual(before);
    expect([report.done.length, report.failed, report.pending, report.stopped]).toEqual([4, [], 0, false]);
    expect(report.job).toEqual(workshop.job());
    expect(events[0]?.type).toBe('planned');
    expect(events.at(-1)?.type).toBe('summary');
    const done = events.findIndex(({ type }) => type === 'done');
    expect(done).toBeGreaterThan(0);
    for (const name of ['a.png', 'd.png']) expect(types(events, name)[0]).toBe('started');
  });

  test('works on pictures in the order of the plan, several at a time', async () => {
    for (let n = 1; n <= 12; n++) await workshop.picture(`p${n}.png`, 'wait 20');
    await follow(workshop.app(enginePath), workshop.job());
    const attempts = workshop.attempts();
    expect(attempts.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, n) => `p${n + 1}.png`));
    const most = Math.max(...attempts.map(({ atWork }) => atWork));
    expect([2, 3]).toContain(most);
  });

  test('M20: says which weights are meant: the engine may still hold those that had the id before', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath);
    await follow(app, workshop.job());
    await writeModel(join(workshop.root, 'model/pretrained/gaussian-small'), 'gaussian-small', { bytes: 32 });
    await follow(app, workshop.job({ onConflict: 'overwrite' }));
    const meant = workshop.attempts().map(({ weights }) => weights);
    expect(meant).toEqual([sha256(Buffer.alloc(16)), sha256(Buffer.alloc(32))]);
  });

  test('goes on past pictures that fail, each with its reason', async () => {
    await workshop.picture('a.png', 'fail image-damaged');
    await workshop.picture('b.png');
    await workshop.picture('c.png', 'fail format-unsupported');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(names(report.done)).toEqual(['b.png']);
    expect(report.failed.map(({ code }) => code).sort()).toEqual(['format-unsupported', 'image-damaged']);
    expect(report.failed[0]?.message).toContain('told to');
  });

  test('writes a report that can be read, run again, and is nobody else’s to see', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath);
    const { summary, report } = await follow(app, workshop.job());
    const file = summary.kind === 'clean' ? summary.reportFile : '';
    expect(await app.api.readReport({ file })).toEqual(report);
    const folder = join(file, '..');
    expect(await readFile(join(folder, 'report.txt'), 'utf8')).toContain('1 cleaned, 0 failed');
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
    }
    expect((await stat(folder)).mode & 0o077).toBe(0);
    const again = await follow(app, (await app.api.readReport({ file })).job);
    expect(again.report.done[0]?.output).toBe(join(workshop.out, 'a_denoised (2).png'));
  });

  test('P18: the same batch cannot run twice at once, another one waits its turn', async () => {
    await workshop.picture('a.png', 'held');
    const app = workshop.app(enginePath);
    const first = follow(app, workshop.job());
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    expect(await codeOf(app.api.startClean({ job: workshop.job(), resume: false }))).toBe('job-busy');
    const other = follow(app, workshop.job({ name: '{name}_2' }));
    await workshop.release('a.png');
    expect((await first).report.done).toHaveLength(1);
    expect((await other).report.done).toHaveLength(1);
    expect((await follow(app, workshop.job())).report.done).toHaveLength(1);
  });

  test('measures the backend once and remembers it', async () => {
    await workshop.picture('a.png');
    await follow(workshop.app(enginePath), workshop.job());
    await follow(workshop.app(enginePath), workshop.job());
    expect(workshop.choices()).toHaveLength(1);
    const { summary } = await follow(workshop.app(enginePath), workshop.job({ backend: 'onnx' }));
    expect(summary).toMatchObject({ kind: 'failed', code: 'backend-unavailable' });
  });

  test('starts the engine with the threads that were asked for', async () => {
    await workshop.picture('a.png');
    await follow(workshop.app(enginePath), workshop.job({ threads: 3 }));
    const environment = JSON.parse(readFileSync(join(workshop.state, 'environment.json'), 'utf8')) as object;
    expect(environment).toMatchObject({
      TF_NUM_INTRAOP_THREADS: '3',
      TF_NUM_INTEROP_THREADS: '1',
      OMP_NUM_THREADS: '3',
      UV_THREADPOOL_SIZE: '4',
      ORT_DISABLE_TELEMETRY: '1',
    });
    expect(readFileSync(join(workshop.home, 'logs/app.log'), 'utf8')).toContain(
      'engine: the fake engine speaks',
    );
  });

  test('bad arguments are named before any work', async () => {
    const { api } = workshop.app(enginePath);
    const start = (job: unknown) => codeOf(api.startClean({ job: job as never, resume: false }));
    await workshop.picture('a.png');
    expect(await start({ ...workshop.job(), inputs: [] })).toBe('argument-invalid');
    expect(await start(workshop.job({ name: '{nme}' }))).toBe('argument-invalid');
    expect(await start(workshop.job({ model: 'nobody' }))).toBe('model-not-found');
    expect(await codeOf(api.startClean({ job: workshop.job(), resume: true }))).toBe('job-not-found');
    await mkdir(join(workshop.folder, 'empty'));
    expect(await start(workshop.job({}, [join(workshop.folder, 'empty')]))).toBe('no-pictures');
    expect(workshop.outputs()).toEqual([]);
    expect(workshop.enginePids()).toEqual([]);
  });

  test('P7: an output folder that cannot be used stops it before any work', async () => {
    await workshop.picture('a.png');
    await writeFile(workshop.out, 'a file');
    const { api } = workshop.app(enginePath);
    expect(await codeOf(api.startClean({ job: workshop.job(), resume: false }))).toBe(
      'output-folder-unusable',
    );
    expect(workshop.enginePids()).toEqual([]);
  });

  test('without an engine it says how to get one', async () => {
    await workshop.picture('a.png');
    const { summary } = await follow(workshop.app(join(built, 'none.mjs')), workshop.job());
    expect(summary).toMatchObject({ kind: 'failed', code: 'engine-unavailable' });
  });

  test('F4: an engine that cannot start is not tried for ever', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath, { env: { FAKE_ENGINE_BROKEN: '1' } });
    const { summary } = await follow(app, workshop.job());
    expect(summary).toMatchObject({ kind: 'failed', code: 'engine-unavailable' });
    expect(workshop.enginePids().length).toBeLessThanOrEqual(4);
  });
});
