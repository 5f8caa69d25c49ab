import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { failureOf } from '../../contract/errors.ts';
import type { JobEvent } from '../../contract/jobs.ts';
import { buildForNode, follow, isRunning, Workshop } from './workshop.ts';

let built: string;
let enginePath: string;
let workshop: Workshop;

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'fake-engine-'));
  enginePath = await buildForNode('fake-engine.ts', built);
});
afterAll(() => rm(built, { recursive: true, force: true }));
beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => failureOf(error).code,
  );

const names = (paths: readonly { source: string }[]) => paths.map(({ source }) => source.split('/').at(-1));
const types = (events: readonly JobEvent[], source: string) =>
  events.filter((event) => 'source' in event && event.source.endsWith(source)).map(({ type }) => type);

async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}`);
}

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

  test('the same batch cannot run twice at once, another one waits its turn', async () => {
    await workshop.picture('a.png', 'wait 300');
    const app = workshop.app(enginePath);
    const first = follow(app, workshop.job());
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    expect(await codeOf(app.api.startClean({ job: workshop.job(), resume: false }))).toBe('job-busy');
    const other = await follow(app, workshop.job({ name: '{name}_2' }));
    expect((await first).report.done).toHaveLength(1);
    expect(other.report.done).toHaveLength(1);
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

  test('an output folder that cannot be used stops it before any work', async () => {
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

  test('an engine that cannot start is not tried for ever', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath, { env: { FAKE_ENGINE_BROKEN: '1' } });
    const { summary } = await follow(app, workshop.job());
    expect(summary).toMatchObject({ kind: 'failed', code: 'engine-unavailable' });
    expect(workshop.enginePids().length).toBeLessThanOrEqual(4);
  });
});

describe('an engine that ends', () => {
  test('on one picture takes no other with it; that one is tried twice', async () => {
    for (const name of ['a', 'b', 'd', 'e', 'f']) await workshop.picture(`${name}.png`, 'wait 5');
    await workshop.picture('c.png', 'crash');
    const { report, events } = await follow(workshop.app(enginePath), workshop.job());
    expect(names(report.done).sort()).toEqual(['a.png', 'b.png', 'd.png', 'e.png', 'f.png']);
    expect(report.failed).toMatchObject([{ code: 'engine-crashed' }]);
    expect(workshop.attempts().filter(({ name }) => name === 'c.png')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'engine-restarted')).toHaveLength(2);
    expect(types(events, 'c.png')).toEqual(['started', 'failed']);
  });

  test('once on a picture lets it be done at the second try, and says so', async () => {
    await workshop.picture('a.png', 'crash-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done[0]?.notices).toEqual([{ code: 'engine-restarted', details: {} }]);
  });

  test('killed from outside at fifteen moments, the results are those of an undisturbed run', async () => {
    for (let n = 0; n < 30; n++) await workshop.picture(`p${n}.png`, 'wait 15');
    const app = workshop.app(enginePath);
    const killer = setInterval(() => {
      const pid = workshop.enginePids().at(-1);
      // Three pictures done since the last kill: it is not the same one twice.
      if (pid !== undefined && workshop.attempts().filter((one) => one.pid === pid).length >= 5) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended already.
        }
      }
    }, 10);
    const { report } = await follow(app, workshop.job()).finally(() => clearInterval(killer));
    expect(workshop.enginePids().length).toBeGreaterThan(3);
    expect([report.done.length, report.failed]).toEqual([30, []]);
    expect(workshop.outputs()).toEqual(
      Array.from({ length: 30 }, (_, n) => `p${n}_denoised.png`).sort((a, b) => (a < b ? -1 : 1)),
    );
  });

  test('after publishing and before telling, leaves one result and not two', async () => {
    await workshop.picture('a.png', 'after-publishing crash-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done[0]?.output).toBe(join(workshop.out, 'a_denoised.png'));
    expect(workshop.outputs()).toEqual(['a_denoised.png']);
  });

  test('by abort, as with a full heap, is tried in smaller tiles', async () => {
    await workshop.picture('a.png', 'abort-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(workshop.attempts().map(({ tileLimit }) => tileLimit)).toEqual([null, 512]);
    expect(report.done[0]?.notices.map(({ code }) => code)).toEqual([
      'engine-restarted',
      'recycled-smaller-tiles',
    ]);
  });

  test('again and again without anything done ends the batch and leaves the rest to be tried', async () => {
    for (let n = 0; n < 9; n++) await workshop.picture(`p${n}.png`, 'crash');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.endedBy?.code).toBe('engine-unavailable');
    expect(report.failed.length + report.pending).toBe(9);
    expect(report.pending).toBeGreaterThan(4);
    expect(workshop.enginePids().length).toBeLessThanOrEqual(4);
  });

  test('in silence is noticed, ended, and its picture failed', async () => {
    await workshop.picture('a.png', 'hang');
    await workshop.picture('b.png');
    const limits = { silentSeconds: 1, tickMs: 50 };
    const { report } = await follow(workshop.app(enginePath, { engineLimits: limits }), workshop.job());
    expect(report.failed).toMatchObject([{ code: 'engine-unresponsive' }]);
    expect(names(report.done)).toEqual(['b.png']);
  });

  test('with a picture that never comes back, though it beats, is noticed too', async () => {
    await workshop.picture('a.png', 'deaf');
    const limits = { idleSeconds: 1, tickMs: 50 };
    const { report } = await follow(workshop.app(enginePath, { engineLimits: limits }), workshop.job());
    expect(report.failed).toMatchObject([{ code: 'engine-unresponsive' }]);
  });

  test('that was only paused is not taken for one that hangs', async () => {
    await workshop.picture('a.png', 'wait 100', 'wait 600');
    const app = workshop.app(enginePath, { engineLimits: { silentSeconds: 5, tickMs: 50 } });
    const batch = follow(app, workshop.job());
    await eventually(() => workshop.attempts().length > 0, 'the picture');
    const [pid = 0] = workshop.enginePids();
    process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    process.kill(pid, 'SIGCONT');
    expect((await batch).report.done).toHaveLength(1);
    expect(workshop.enginePids()).toHaveLength(1);
  });
});

describe('what cannot be done at once', () => {
  test('for want of memory is tried in tiles of half the size', async () => {
    await workshop.picture('a.png', 'memory 256');
    await workshop.picture('b.png', 'memory 1');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    const limits = (name: string) =>
      workshop
        .attempts()
        .filter((one) => one.name === name)
        .map(({ tileLimit }) => tileLimit);
    expect(limits('a.png')).toEqual([null, 512, 256]);
    expect(limits('b.png')).toEqual([null, 512, 256, 128]);
    expect(report.done[0]?.notices).toEqual([{ code: 'recycled-smaller-tiles', details: {} }]);
    expect(report.failed).toMatchObject([{ code: 'out-of-memory' }]);
  });

  test('because the file changed is tried again as it is now', async () => {
    await workshop.picture('a.png', 'changed-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done).toHaveLength(1);
  });

  test('for want of space ends the batch; with space it goes on where it was', async () => {
    for (const name of ['a.png', 'c.png', 'd.png']) await workshop.picture(name, 'wait 30');
    const full = await workshop.picture('b.png', 'fail disk-full');
    const app = workshop.app(enginePath);
    const { report } = await follow(app, workshop.job());
    expect(report.endedBy?.code).toBe('disk-full');
    expect([report.stopped, names(report.failed), report.done.length + report.pending]).toEqual([
      false,
      ['b.png'],
      3,
    ]);
    expect(report.pending).toBeGreaterThan(0);
    await writeFile(full, readFileSync(join(workshop.pictures, 'a.png')));
    const resumed = await follow(app, workshop.job(), { resume: true });
    expect(names(resumed.report.done).sort()).toEqual(['a.png', 'b.png', 'c.png', 'd.png']);
    expect(workshop.outputs()).toHaveLength(4);
  });
});

describe('stopping', () => {
  test('takes less than two seconds, also when the engine does not listen, and leaves nothing half done', async () => {
    await workshop.picture('a.png');
    await workshop.picture('b.png', 'deaf');
    await workshop.picture('c.png', 'wait 60000');
    const app = workshop.app(enginePath);
    let stopped = 0;
    const { report } = await follow(app, workshop.job(), {
      onEvent: (event, jobId) => {
        if (event.type !== 'done') return;
        stopped = performance.now();
        void app.api.cancelJob({ jobId });
      },
    });
    expect(performance.now() - stopped).toBeLessThan(2000);
    expect([report.stopped, names(report.done), report.failed, report.pending]).toEqual([
      true,
      ['a.png'],
      [],
      2,
    ]);
    expect(workshop.outputs()).toEqual(['a_denoised.png']);
  });

  test('a batch that waits for another means that it never begins', async () => {
    await workshop.picture('a.png', 'wait 200');
    const app = workshop.app(enginePath);
    const first = follow(app, workshop.job());
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    const { jobId } = await app.api.startClean({ job: workshop.job({ name: '{name}_2' }), resume: false });
    const second = new Promise<JobEvent>((resolve) => {
      app.subscribe((event) => event.jobId === jobId && event.type === 'summary' && resolve(event));
    });
    await app.api.cancelJob({ jobId });
    expect((await first).report.done).toHaveLength(1);
    expect(await second).toMatchObject({ summary: { report: { stopped: true, pending: 1 } } });
    expect(workshop.outputs()).toEqual(['a_denoised.png']);
  });

  test('closing the app ends its engine', async () => {
    await workshop.picture('a.png', 'wait 60000');
    const app = workshop.app(enginePath);
    const batch = follow(app, workshop.job());
    await eventually(() => workshop.attempts().length > 0, 'the picture');
    const [pid = 0] = workshop.enginePids();
    await app.close();
    expect((await batch).report.stopped).toBe(true);
    await eventually(() => !isRunning(pid), 'the end of the engine');
  });
});

describe('going on', () => {
  test('after a stop does only the rest, and reports the whole', async () => {
    for (let n = 0; n < 6; n++) await workshop.picture(`p${n}.png`, 'wait 30');
    const app = workshop.app(enginePath);
    let done = 0;
    const first = await follow(app, workshop.job(), {
      onEvent: (event, jobId) => {
        if (event.type === 'done' && ++done === 2) void app.api.cancelJob({ jobId });
      },
    });
    expect(first.report.pending).toBeGreaterThan(0);
    const before = workshop.attempts().length;
    const second = await follow(app, workshop.job({ threads: 1 }), { resume: true });
    expect(second.jobId).toBe(first.jobId);
    expect(workshop.attempts().length - before).toBe(first.report.pending);
    expect([second.report.done.length, second.report.pending]).toEqual([6, 0]);
    const told = second.events.flatMap((event) => (event.type === 'skipped' ? [event.skipped] : []));
    expect(told.map(({ code }) => code)).toEqual(first.report.done.map(() => 'already-done'));
    expect(second.report.seconds).toBeGreaterThan(first.report.seconds);
    expect(await codeOf(app.api.startClean({ job: workshop.job(), resume: true }))).toBe('job-not-found');
  });

  test('does again what was done and is gone', async () => {
    await workshop.picture('a.png');
    await workshop.picture('b.png', 'wait 100', 'fail disk-full');
    const app = workshop.app(enginePath);
    await follow(app, workshop.job());
    await unlink(join(workshop.out, 'a_denoised.png'));
    await writeFile(join(workshop.pictures, 'b.png'), readFileSync(join(workshop.pictures, 'a.png')));
    const { report } = await follow(app, workshop.job(), { resume: true });
    expect(workshop.outputs()).toEqual(['a_denoised.png', 'b_denoised.png']);
    expect(report.done).toHaveLength(2);
  });

  /** The app in a process of its own, to be killed. */
  async function startApp(): Promise<ReturnType<typeof spawn>> {
    const module = await buildForNode('lone-app.ts', built);
    const job = join(workshop.folder, 'job.json');
    await writeFile(job, JSON.stringify(workshop.job()));
    const { root, home, state } = workshop;
    return spawn(process.execPath, [module, root, home, enginePath, job], {
      env: { ...process.env, FAKE_ENGINE_STATE: state },
      stdio: 'ignore',
    });
  }

  test('after kill -9 of the app at any moment finishes without doing anything twice, and no engine stays', async () => {
    for (let n = 0; n < 12; n++) await workshop.picture(`p${n}.png`, 'wait 20');
    const before = workshop.listing(workshop.pictures);
    const app = await startApp();
    await eventually(() => workshop.results().length >= 4, 'four results');
    app.kill('SIGKILL');
    await once(app, 'exit');
    const [engine = 0] = workshop.enginePids();
    await eventually(() => !isRunning(engine), 'the end of the orphan');
    const had = workshop.listing(workshop.out);
    const attempts = workshop.attempts().length;
    const { report } = await follow(workshop.app(enginePath), workshop.job(), { resume: true });
    expect([report.done.length, report.failed, report.pending]).toEqual([12, [], 0]);
    expect(workshop.outputs()).toEqual(
      Array.from({ length: 12 }, (_, n) => `p${n}_denoised.png`).sort((a, b) => (a < b ? -1 : 1)),
    );
    expect(workshop.listing(workshop.out)).toMatchObject(
      Object.fromEntries(
        Object.entries(had).filter(([name]) => name.endsWith('.png') && !name.startsWith('.')),
      ),
    );
    // At most what was in work when it was killed is done once more.
    expect(workshop.attempts().length - attempts).toBeLessThanOrEqual(12 - 4 + 3);
    expect(workshop.listing(workshop.pictures)).toEqual(before);
  });

  test('by simply running again with “skip” does the rest as well and takes away what was half written', async () => {
    for (let n = 0; n < 8; n++) await workshop.picture(`p${n}.png`, 'wait 20');
    const app = await startApp();
    await eventually(() => workshop.results().length >= 3, 'three results');
    app.kill('SIGKILL');
    await once(app, 'exit');
    const [job = ''] = (await readdir(join(workshop.home, 'jobs'))).filter((name) => /^\d/.test(name));
    await writeFile(join(workshop.out, `.p7_denoised.${job}-0123abcd.part`), 'half');
    const { report } = await follow(workshop.app(enginePath), workshop.job({ onConflict: 'skip' }));
    expect(report.done.length + report.skipped.length).toBe(8);
    expect(report.skipped.length).toBeGreaterThanOrEqual(3);
    expect(workshop.outputs()).toEqual(
      Array.from({ length: 8 }, (_, n) => `p${n}_denoised.png`).sort((a, b) => (a < b ? -1 : 1)),
    );
  });
});

describe('killed at any step', () => {
  /** Runs the app under strace, which kills whichever process makes the n-th such call. */
  async function runKilled(calls: string, when: number): Promise<number | null> {
    const module = await buildForNode('lone-app.ts', built);
    const job = join(workshop.folder, 'job.json');
    await writeFile(job, JSON.stringify(workshop.job()));
    const { root, home, state } = workshop;
    const inject = [`--trace=${calls}`, `--inject=${calls}:signal=SIGKILL:when=${when}`];
    const command = [process.execPath, module, root, home, enginePath, job];
    const child = spawn('strace', ['-f', '-qq', '-o', '/dev/null', ...inject, ...command], {
      env: { ...process.env, FAKE_ENGINE_STATE: state, UV_THREADPOOL_SIZE: '1' },
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  const points = [
    ['fsync,fdatasync', [2, 5, 8, 11, 14]],
    ['link,rename,unlink', [2, 3, 5, 8]],
    ['write,pwrite64', [12, 30]],
  ] as const;

  test.for(points)(
    'at %s, the next run ends with each result once and whole',
    async ([calls, whens], context) => {
      try {
        execFileSync('strace', ['-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
      } catch {
        context.skip('strace is not here or may not trace');
      }
      for (const when of whens) {
        await workshop.close();
        workshop = await Workshop.open();
        for (const name of ['a', 'b', 'c']) await workshop.picture(`${name}.png`);
        const before = workshop.listing(workshop.pictures);
        await runKilled(calls, when);
        for (const pid of workshop.enginePids())
          await eventually(() => !isRunning(pid), 'the end of an orphan');
        const app = workshop.app(enginePath);
        const resumable = await codeOf(follow(app, workshop.job(), { resume: true }));
        if (resumable !== 'no error') {
          expect([calls, when, resumable]).toEqual([calls, when, 'job-not-found']);
          if (workshop.results().length < 3) await follow(app, workshop.job());
        }
        expect([calls, when, ...workshop.outputs()]).toEqual([
          calls,
          when,
          'a_denoised.png',
          'b_denoised.png',
          'c_denoised.png',
        ]);
        expect(workshop.listing(workshop.pictures)).toEqual(before);
      }
    },
  );
});

describe('an output folder', () => {
  function mounted(context: TestContext, options: string): void {
    try {
      execFileSync('mkdir', [workshop.out]);
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', workshop.out], { stdio: 'ignore' });
    } catch {
      context.skip('a disk of its own cannot be mounted here');
    }
  }

  test('on a disk that fills up ends the batch with everything whole; with space it goes on', async (context) => {
    for (let n = 0; n < 6; n++) await workshop.picture(`p${n}.png`, 'grow 300000', 'wait 5');
    mounted(context, 'size=1m');
    try {
      await writeFile(join(workshop.out, 'p4_denoised.png'), 'old');
      const app = workshop.app(enginePath);
      const job = workshop.job({ onConflict: 'overwrite' });
      const { report } = await follow(app, job);
      expect([report.endedBy?.code, report.stopped]).toEqual(['disk-full', false]);
      expect(report.done.length).toBeGreaterThan(0);
      expect(report.pending).toBeGreaterThan(0);
      expect(workshop.results()).toEqual(workshop.outputs());
      expect(readFileSync(join(workshop.out, 'p4_denoised.png'), 'utf8')).toBe('old');
      execFileSync('mount', ['-o', 'remount,size=4m', workshop.out]);
      const resumed = await follow(app, job, { resume: true });
      expect([resumed.report.done.length, resumed.report.pending]).toEqual([6, 0]);
      expect(workshop.outputs()).toHaveLength(6);
    } finally {
      execFileSync('umount', [workshop.out]);
    }
  });

  test('on a disk that may only be read stops it before any work', async (context) => {
    await workshop.picture('a.png');
    mounted(context, 'ro');
    try {
      const { api } = workshop.app(enginePath);
      expect(await codeOf(api.startClean({ job: workshop.job(), resume: false }))).toBe(
        'output-folder-unusable',
      );
      expect(workshop.enginePids()).toEqual([]);
    } finally {
      execFileSync('umount', [workshop.out]);
    }
  });

  test('that disappears on the way stops the batch instead of being made anew', async () => {
    for (let n = 0; n < 6; n++) await workshop.picture(`p${n}.png`, 'wait 40');
    let removed = false;
    const { report } = await follow(workshop.app(enginePath), workshop.job(), {
      onEvent: (event) => {
        if (event.type !== 'done' || removed) return;
        removed = true;
        execFileSync('rm', ['-r', workshop.out]);
      },
    });
    expect(report.endedBy?.code).toBe('output-folder-unusable');
    expect(report.pending).toBeGreaterThan(0);
    expect(existsSync(workshop.out)).toBe(false);
  });

  test('that is the input folder: results of an earlier run are never taken for sources', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath);
    const job = { ...workshop.job(), out: null };
    await follow(app, job);
    expect(Object.keys(workshop.listing(workshop.pictures))).toEqual(['a.png', 'a_denoised.png']);
    const again = await follow(app, { ...job, settings: { ...job.settings, onConflict: 'overwrite' } });
    expect(again.report.skipped).toMatchObject([{ code: 'own-output' }]);
    expect(names(again.report.done)).toEqual(['a.png']);
    expect(Object.keys(workshop.listing(workshop.pictures))).toEqual(['a.png', 'a_denoised.png']);
  });

  test('with results under those names: rename, skip and overwrite do what they say', async () => {
    const source = await workshop.picture('a.png', 'wait 1');
    await mkdir(workshop.out);
    const old = join(workshop.out, 'a_denoised.png');
    const app = workshop.app(enginePath);
    const content = () => readFileSync(old, 'utf8');
    await writeFile(old, 'old');
    const skip = await follow(app, workshop.job({ onConflict: 'skip' }));
    expect([skip.report.skipped.map(({ code }) => code), content()]).toEqual([['output-kept'], 'old']);
    const rename = await follow(app, workshop.job());
    expect([rename.report.done[0]?.output, content()]).toEqual([
      join(workshop.out, 'a_denoised (2).png'),
      'old',
    ]);
    await follow(app, workshop.job({ onConflict: 'overwrite' }));
    expect(content()).toContain('cleaned');
    const onto = { ...workshop.job({ onConflict: 'overwrite', name: '{name}' }), out: null };
    const refused = await follow(app, onto);
    expect(refused.report.skipped.map(({ code }) => code)).toEqual(['output-is-input']);
    expect(readFileSync(source, 'utf8')).not.toContain('cleaned');
  });
});
