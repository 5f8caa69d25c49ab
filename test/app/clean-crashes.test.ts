import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, follow, names, types, useWorkshop, type Workshop } from './workshop.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => {
  ({ workshop, enginePath } = made);
});

describe('an engine that ends', () => {
  test('F3: on one picture takes no other with it; that one is tried twice', async () => {
    for (const name of ['a', 'b', 'd', 'e', 'f']) await workshop.picture(`${name}.png`, 'wait 5');
    await workshop.picture('c.png', 'crash');
    const { report, events } = await follow(workshop.app(enginePath), workshop.job());
    expect(names(report.done).sort()).toEqual(['a.png', 'b.png', 'd.png', 'e.png', 'f.png']);
    expect(report.failed).toMatchObject([{ code: 'engine-crashed' }]);
    expect(workshop.attempts().filter(({ name }) => name === 'c.png')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'engine-restarted')).toHaveLength(2);
    expect(types(events, 'c.png')).toEqual(['started', 'failed']);
  });

  test('F3: once on a picture lets it be done at the second try, and says so', async () => {
    await workshop.picture('a.png', 'crash-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done[0]?.notices).toEqual([{ code: 'engine-restarted', details: {} }]);
  });

  test('F3: killed from outside at fifteen moments, the results are those of an undisturbed run', async () => {
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

  test('F3: after publishing and before telling, leaves one result and not two', async () => {
    await workshop.picture('a.png', 'after-publishing crash-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done[0]?.output).toBe(join(workshop.out, 'a_denoised.png'));
    expect(workshop.outputs()).toEqual(['a_denoised.png']);
  });

  test('F4: by abort, as with a full heap, is tried in smaller tiles', async () => {
    await workshop.picture('a.png', 'abort-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(workshop.attempts().map(({ tileLimit }) => tileLimit)).toEqual([null, 512]);
    expect(report.done[0]?.notices.map(({ code }) => code)).toEqual([
      'engine-restarted',
      'recycled-smaller-tiles',
    ]);
  });

  test('F4: again and again without anything done ends the batch and leaves the rest to be tried', async () => {
    for (let n = 0; n < 9; n++) await workshop.picture(`p${n}.png`, 'crash');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.endedBy?.code).toBe('engine-unavailable');
    expect(report.failed.length + report.pending).toBe(9);
    expect(report.pending).toBeGreaterThan(4);
    expect(workshop.enginePids().length).toBeLessThanOrEqual(4);
  });

  test('F11: in silence is noticed, ended, and its picture failed', async () => {
    await workshop.picture('a.png', 'hang');
    await workshop.picture('b.png');
    const limits = { silentSeconds: 1, tickMs: 50 };
    const { report } = await follow(workshop.app(enginePath, { engineLimits: limits }), workshop.job());
    expect(report.failed).toMatchObject([{ code: 'engine-unresponsive' }]);
    expect(names(report.done)).toEqual(['b.png']);
  });

  test('F11: with a picture that never comes back, though it beats, is noticed too', async () => {
    await workshop.picture('a.png', 'deaf');
    const limits = { idleSeconds: 1, tickMs: 50 };
    const { report } = await follow(workshop.app(enginePath, { engineLimits: limits }), workshop.job());
    expect(report.failed).toMatchObject([{ code: 'engine-unresponsive' }]);
  });

  test('F7: that was only paused is not taken for one that hangs', async () => {
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
  test('F4: for want of memory is tried in tiles of half the size', async () => {
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

  test('P13: because the file changed is tried again as it is now', async () => {
    await workshop.picture('a.png', 'changed-once');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done).toHaveLength(1);
  });

  test('P8: for want of space ends the batch; with space it goes on where it was', async () => {
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
