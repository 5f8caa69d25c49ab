import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobEvent } from '../../contract/jobs.ts';
import {
  buildForNode,
  codeOf,
  eventually,
  follow,
  isRunning,
  names,
  useWorkshop,
  type Workshop,
} from './workshop.ts';

let workshop: Workshop;
let enginePath: string;
let built: string;
useWorkshop((made) => {
  ({ workshop, enginePath, built } = made);
});

describe('stopping', () => {
  test('F10: takes less than two seconds, also when the engine does not listen, and leaves nothing half done', async () => {
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
    await workshop.picture('a.png', 'held');
    const app = workshop.app(enginePath);
    const first = follow(app, workshop.job());
    await eventually(() => workshop.attempts().length > 0, 'the first picture');
    const { jobId } = await app.api.startClean({ job: workshop.job({ name: '{name}_2' }), resume: false });
    const second = new Promise<JobEvent>((resolve) => {
      app.subscribe((event) => event.jobId === jobId && event.type === 'summary' && resolve(event));
    });
    await app.api.cancelJob({ jobId });
    await workshop.release('a.png');
    expect((await first).report.done).toHaveLength(1);
    expect(await second).toMatchObject({ summary: { report: { stopped: true, pending: 1 } } });
    expect(workshop.outputs()).toEqual(['a_denoised.png']);
  });

  test('F10: closing the app ends its engine', async () => {
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
  });

  test('with one that is finished finds nothing left to do', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath);
    await follow(app, workshop.job());
    const again = await follow(app, workshop.job(), { resume: true });
    expect([again.report.done.length, again.report.pending]).toEqual([1, 0]);
    expect(again.events.map(({ type }) => type)).toEqual(['planned', 'skipped', 'summary']);
    expect(workshop.attempts()).toHaveLength(1);
    const other = workshop.job({ strength: 0.5 });
    expect(await codeOf(app.api.startClean({ job: other, resume: true }))).toBe('job-not-found');
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

  test('F5: after kill -9 of the app at any moment finishes without doing anything twice, and no engine stays', async () => {
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

  test('F5: by simply running again with “skip” does the rest as well and takes away what was half written', async () => {
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
