import { mkdirSync, existsSync, readdirSync, writeFileSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { withLock } from '../../tools/setup/lock.mjs';
import { findOnPath, lastWords, run } from '../../tools/setup/process.mjs';
import { scratchCheckout } from './setup-scratch.ts';

const posix = process.platform !== 'win32';

describe('a program', () => {
  test('that fails is an answer with its code and its words', async () => {
    const script = 'console.log("out"); console.error("err"); process.exit(3)';
    const done = await run(process.execPath, ['-e', script], { seconds: 20 });
    expect(done).toEqual({ code: 3, killedBy: null, timedOut: false, stdout: 'out\n', stderr: 'err\n' });
  });

  test('that does not exist is an answer too', async () => {
    const done = await run('no-such-program-anywhere', [], { seconds: 20 });
    expect(done.code).toBeNull();
    expect(done.stderr).toMatch(/ENOENT/);
  });

  test.runIf(posix)('that hangs is ended at its time limit, with everything it has started', async () => {
    const { root } = scratchCheckout();
    const grandchild = path.join(root, 'grandchild');
    const startedAt = performance.now();
    const script = `(sleep 30) & echo $! > ${grandchild}; wait`;
    const done = await run('sh', ['-c', script], { seconds: 0.5 });
    expect(done).toMatchObject({ code: null, timedOut: true });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const pid = Number(readFileSync(grandchild, 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test('is ended when the whole set-up is stopped', async () => {
    const stopping = new AbortController();
    const running = run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      seconds: 60,
      signal: stopping.signal,
    });
    stopping.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });

  test.runIf(posix)('is found on the PATH only if it can be run', () => {
    const { root, program } = scratchCheckout();
    program('tool', 'exit 0');
    writeFileSync(path.join(root, 'bin', 'text'), '');
    const env = { PATH: path.join(root, 'bin') };
    expect(findOnPath('tool', env)).toBe(path.join(root, 'bin', 'tool'));
    expect([findOnPath('text', env), findOnPath('other', env), findOnPath('tool', {})]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is quoted by the line that matters, or else by its last one', () => {
    const finished = {
      code: 1,
      killedBy: null,
      timedOut: false,
      stdout: '',
      stderr: 'ERROR: no wheel\nnotice\n\n',
    };
    expect(lastWords(finished, /^ERROR/)).toBe('ERROR: no wheel');
    expect(lastWords(finished, /^absent/)).toBe('notice');
    expect(lastWords({ ...finished, stderr: '' })).toBe('it said nothing');
  });
});

describe('the lock', () => {
  const options = { waitSeconds: 20 };

  test('lets one in at a time, whoever asks', async () => {
    const { root } = scratchCheckout();
    const folder = path.join(root, 'lock');
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(30);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(folder, options, work)));
    expect(most).toBe(1);
    expect(existsSync(folder)).toBe(false);
  });

  test('is given back when the work fails', async () => {
    const { root } = scratchCheckout();
    const folder = path.join(root, 'lock');
    await expect(withLock(folder, options, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(existsSync(folder)).toBe(false);
  });

  test('of a process that died is taken over at once, without talk of waiting', async () => {
    const { root } = scratchCheckout();
    const folder = path.join(root, 'lock');
    const dead = await run(process.execPath, ['-p', 'process.pid'], { seconds: 20 });
    mkdirSync(folder);
    const owner = { token: 'old', pid: Number(dead.stdout), host: os.hostname() };
    writeFileSync(path.join(folder, 'owner.json'), JSON.stringify(owner));
    let waited = false;
    const onWait = () => (waited = true);
    await expect(withLock(folder, { ...options, onWait }, () => Promise.resolve('done'))).resolves.toBe(
      'done',
    );
    expect(waited).toBe(false);
    expect(readdirSync(root)).not.toContain('lock.takeover');
  });

  test('of a process that lives is waited for, but not for ever', async () => {
    const { root } = scratchCheckout();
    const folder = path.join(root, 'lock');
    mkdirSync(folder);
    const owner = { token: 'other', pid: process.pid, host: os.hostname() };
    writeFileSync(path.join(folder, 'owner.json'), JSON.stringify(owner));
    let waited = 0;
    const onWait = () => waited++;
    const trying = withLock(folder, { waitSeconds: 0.3, onWait }, () => Promise.resolve('done'));
    await expect(trying).rejects.toThrow(/another run has been at it for 0.3 s/);
    expect(waited).toBe(1);
    expect(existsSync(folder)).toBe(true);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A killed process without a parent to collect it still has a number, and nothing else.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
