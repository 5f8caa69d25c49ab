import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildForNode, codeOf, eventually, follow, isRunning, useWorkshop, Workshop } from './workshop.ts';

let enginePath: string;
let built: string;
useWorkshop((made) => {
  ({ enginePath, built } = made);
});

describe('killed at any step', () => {
  /** Runs the app under strace, which kills whichever process makes the n-th such call. */
  async function runKilled(workshop: Workshop, calls: string, when: number): Promise<number | null> {
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
    ['fsync,fdatasync', [2, 5, 8, 11]],
    ['link,rename,unlink', [1, 2, 3, 4]],
    ['write,pwrite64', [12, 30]],
  ] as const;

  test.for(points)(
    'F1: at %s, the next run ends with each result once and whole',
    async ([calls, whens], context) => {
      try {
        execFileSync('strace', ['-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
      } catch {
        context.skip('strace is not here or may not trace');
      }
      let killed = 0;
      for (const when of whens) {
        const workshop = await Workshop.open();
        for (const name of ['a', 'b', 'c']) await workshop.picture(`${name}.png`);
        const before = workshop.listing(workshop.pictures);
        const code = await runKilled(workshop, calls, when);
        if (code !== 0 || workshop.enginePids().length > 1) killed++;
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
        await workshop.close();
      }
      expect(killed).toBeGreaterThanOrEqual(2);
    },
  );
});
