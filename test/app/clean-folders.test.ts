import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { codeOf, follow, names, useWorkshop, type Workshop } from './workshop.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => {
  ({ workshop, enginePath } = made);
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

  test('P8: on a disk that fills up ends the batch with everything whole; with space it goes on', async (context) => {
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

  test('P7: on a disk that may only be read stops it before any work', async (context) => {
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

  test('P7: that disappears on the way stops the batch instead of being made anew', async () => {
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

  test('P7: with a file in the way of a folder in it fails what belongs there, and nothing else', async () => {
    await workshop.picture('taken/a.png');
    await workshop.picture('z/b.png');
    await mkdir(workshop.out);
    await writeFile(join(workshop.out, 'taken'), 'mine');
    const { report } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.failed).toMatchObject([{ code: 'output-folder-unusable' }]);
    expect([names(report.done), report.pending, report.endedBy]).toEqual([['b.png'], 0, undefined]);
    expect(readFileSync(join(workshop.out, 'taken'), 'utf8')).toBe('mine');
  });

  test('P9: that is the input folder: results of an earlier run are never taken for sources', async () => {
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

  test('P12: with results under those names: rename, skip and overwrite do what they say', async () => {
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
