import { readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi, type TestContext } from 'vitest';
import { childrenOf, filesIn, isAlive, until, type Ended, type Workspace } from '../cli/built-cli.ts';
import { batchLine, checkLines } from '../cli/json-schemas.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { Invariants, lineOf } from './invariants.ts';
import { clean, movableClock, outOfMemory, ownHome, straceOf, useProduct, withMemory } from './product.ts';

const isLong = process.env['MODE'] === 'long';
const minutes = 60_000;

// Each starts several processes, on machines that may be busy.
vi.setConfig({ testTimeout: 4 * minutes, hookTimeout: 4 * minutes });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

async function writePictures(count: number, width = 60, height = 40): Promise<void> {
  for (let seed = 0; seed < count; seed++) {
    await writeNoisy(join(at.pictures, `p${seed}.png`), { width, height, seed });
  }
}

/** Where nothing of this build was measured yet, that would take minutes within bounds. */
async function measureThisMachine(): Promise<void> {
  await writeNoisy(join(at.folder, 'first', 'one.png'), { width: 60, height: 40 });
  expect((await at.run(['clean', 'first', '--out', 'first'])).code).toBe(0);
  await rm(join(at.folder, 'first'), { recursive: true });
}

function onlyOnLinux(context: TestContext): void {
  if (process.platform !== 'linux') context.skip('finds the engine through /proc');
}

const summaryOf = (ended: Ended): Record<string, unknown> => ended.json().at(-1) ?? {};

test('F4: without the memory it needs, the engine is not started for ever, and the reason is said to be memory', async (context) => {
  onlyOnLinux(context);
  // The engine itself finds room, so that it does not crawl; what the network needs for such a picture does not fit.
  await writePictures(2, 2400, 1600);
  await measureThisMachine();
  const under = await withMemory(context, 220e6);
  const before = await Invariants.of(at);
  const killedBefore = await outOfMemory();
  const began = performance.now();
  const ended = await at.run(clean, { under });
  expect(await outOfMemory()).toBeGreaterThan(killedBefore);
  expect(performance.now() - began).toBeLessThan(120_000);
  expect([1, 3]).toContain(ended.code);
  const said = ended.json().map((line) => `${String(line['message'])} ${String(line['reason'])}`).join('\n'); // prettier-ignore
  expect(said).toMatch(/memory/);
  expect(ended.json().filter(({ type }) => type === 'engine-restarted').length).toBeLessThanOrEqual(4);
  // Killed in the moment it reads its own network, an engine leaves that in the folder of temporary files.
  for (const name of await at.temporaryFiles()) {
    expect(name).toMatch(/^unspeckle-graph-/);
    await rm(join(at.folder, 'tmp', name), { recursive: true });
  }
  await before.hold(ended, { code: ended.code ?? -1 });
}); // prettier-ignore

test('F4: an engine whose own heap is full ends by an abort, which is told as want of memory', async (context) => {
  onlyOnLinux(context);
  await writePictures(2);
  const before = await Invariants.of(at);
  const ended = await at.run(clean, { env: { NODE_OPTIONS: '--max-old-space-size=12' } });
  // So small a heap may not even hold the command line itself; then nothing was begun.
  if (ended.signal !== null || ended.code === 134) return context.skip('the command line needs more itself');
  const said = `${ended.stdout}${ended.stderr}`;
  expect(said).toMatch(/memory/);
  await before.hold(ended, { code: ended.code ?? -1 });
});

test('F7: stopped for a while and continued, engine alone and all of it, a batch ends as if nothing had been', async (context) => {
  onlyOnLinux(context);
  await writePictures(6, 200, 150);
  const before = await Invariants.of(at);
  const seconds = isLong ? 60 : 3;
  const running = at.start(clean);
  await running.seen('done', 1);
  const engines = await childrenOf(running.process.pid);
  for (const pid of engines) process.kill(pid, 'SIGSTOP');
  await wait(seconds * 1000);
  for (const pid of engines) process.kill(pid, 'SIGCONT');
  await running.seen('done', 2);
  const all = [running.process.pid ?? NaN, ...engines];
  for (const pid of all) process.kill(pid, 'SIGSTOP');
  await wait(seconds * 1000);
  for (const pid of all) process.kill(pid, 'SIGCONT');
  const ended = await running.ended;
  expect(ended.json().filter(({ type }) => type === 'engine-restarted')).toEqual([]);
  await before.hold(ended, { code: 0, found: 6 });
});

test('F8: the clock on the wall goes back a day, forward a year and over a change to summer time: nothing of it shows', async (context) => {
  await writePictures(5, 200, 150);
  const { env, moveTo } = await movableClock(context, at.folder);
  const before = await Invariants.of(at, ['clock']);
  const running = at.start(clean, { env: { ...env, TZ: 'Europe/Berlin' } });
  const moves = ['-1d', '+365d', '@2026-03-29 01:59:59', '-30d'];
  for (const [index, move] of moves.entries()) {
    await running.seen('done', index + 1);
    await moveTo(move);
  }
  const ended = await running.ended;
  checkLines(batchLine, ended.json());
  await before.hold(ended, { code: 0, found: 5 });
  for (const line of ended.json()) {
    for (const [name, value] of Object.entries(line)) {
      if (name.endsWith('econds')) expect(Number(value), name).toBeLessThan(120);
    }
  }
  // The next job comes after it, whatever the clock says by then.
  await moveTo('-10y');
  const again = await at.run([...clean, '--on-conflict', 'skip'], { env });
  expect(summaryOf(again)).toMatchObject({ done: 0, skipped: 5 });
  const number = (ended: Ended) => parseInt(String(summaryOf(ended)['jobId']), 10);
  expect(number(again)).toBe(number(ended) + 1);
}); // prettier-ignore

describe('F9: a disk that fails', () => {
  test('at reading one picture, in the list or later, fails that picture alone, with the reason', async (context) => {
    await writePictures(6);
    const bad = join(at.pictures, 'p4.png');
    const before = await Invariants.of(at);
    const calls = 'read,pread64';
    const strace = straceOf(
      context,
      '-o',
      '/dev/null',
      '-P',
      bad,
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:error=EIO`,
    );
    const ended = await at.run(clean, { under: strace });
    expect(String(lineOf(ended, bad)?.['message'])).toMatch(/could not be read/);
    await before.hold(ended, { code: 3, found: 6 });
    expect(summaryOf(ended)).toMatchObject({ done: 5 });
  });

  test('at making the folder of the results certain, is not called done, and leaves nothing there', async (context) => {
    await writePictures(3);
    await mkdir(at.out);
    const before = await Invariants.of(at);
    const strace = straceOf(
      context,
      '-o',
      '/dev/null',
      '-P',
      at.out,
      '-e',
      'trace=fsync',
      '-e',
      'inject=fsync:error=EIO',
    );
    const ended = await at.run(clean, { under: strace });
    expect(ended.json().filter(({ type }) => type === 'done')).toEqual([]);
    expect(ended.json().filter(({ code }) => code === 'output-unwritable')).toHaveLength(3);
    expect(await filesIn(at.out)).toEqual([]);
    await before.hold(ended, { code: 1, found: 3 });
  });

  test('at the app’s own journal, stops the batch and says so; with a sound disk it goes on', async (context) => {
    await writePictures(3);
    const before = await Invariants.of(at);
    const strace = straceOf(
      context,
      '-o',
      '/dev/null',
      '-e',
      'trace=fdatasync',
      '-e',
      'inject=fdatasync:error=EIO',
    );
    const ended = await at.run(clean, { under: strace });
    expect([1, 3]).toContain(ended.code);
    expect(ended.json().filter(({ type }) => type === 'done')).toEqual([]);
    expect(String(summaryOf(ended)['endedBy'] ?? summaryOf(ended)['code'])).toBe('output-unwritable');
    const again = await at.run(clean);
    await before.hold(again, { code: 0, found: 3 });
  });
});

describe('F12: files of the app’s own', () => {
  const contents = {
    empty: '',
    torn: '{"version": 2, "theme": "da',
    'of the future': '{"version": 99, "theme": "dark", "quantum": true}',
    'of another kind': '[1, 2, 3]',
    binary: '\u0000\u0001\u0002',
  };

  test('that are empty, torn, of the future or nonsense are set aside or passed over, and never deleted', async () => {
    await writePictures(1);
    const names = ['settings.json', 'outputs.jsonl', 'cache/backends.json', 'cache/speeds.json'];
    for (const [kind, content] of Object.entries(contents)) {
      const home = await ownHome(join(at.folder, kind));
      for (const name of names) await writeFile(join(home, name), content);
      const before = await Invariants.of(at, [kind]);
      const ended = await at.run(['estimate', 'pictures', '--json'], { env: { UNSPECKLE_HOME: home } });
      expect([kind, ended.code, ended.stderr]).toEqual([kind, 0, expect.not.stringMatching(/\n\s+at /)]);
      await before.hold(ended, { code: 0 });
      // What the person chose is still there, under its name or beside it.
      const all = await Promise.all((await filesIn(home)).filter((name) => name.startsWith('settings.json')).map((name) => readFile(join(home, name), 'utf8'))); // prettier-ignore
      expect([kind, all]).toEqual([kind, expect.arrayContaining([content])]);
    }
  });

  test('a journal that was damaged in the middle costs the damaged line: the batch goes on, and ends whole', async () => {
    await writePictures(4);
    const home = await ownHome(at.folder);
    const before = await Invariants.of(at, ['own-home']);
    const env = { UNSPECKLE_HOME: home };
    const running = at.start(clean, { env });
    await running.seen('done', 2);
    running.process.kill('SIGKILL');
    await running.ended;
    const [job = ''] = (await readdir(join(home, 'jobs'))).filter((name) => /^\d/.test(name));
    const journal = join(home, 'jobs', job, 'journal.jsonl');
    const lines = (await readFile(journal, 'utf8')).split('\n');
    await writeFile(journal, ['\u0000'.repeat(60), ...lines.slice(1), '{"type":"done","pict'].join('\n'));
    await until('the engine has ended', async () => (await childrenOf(running.process.pid)).length === 0);
    const resumed = await at.run([...clean, '--resume'], { env });
    expect(summaryOf(resumed)).toMatchObject({ failed: 0, pending: 0 });
    expect(await filesIn(at.out)).toEqual(Array.from({ length: 4 }, (_, n) => `p${n}_denoised.png`));
    await before.hold(resumed, { code: 0 });
  });

  test('a home that may only be read is one clear error before any work', async (context) => {
    if (process.getuid?.() === 0) {
      // For root nothing is locked: a file stands where the folder would be.
      await writePictures(1);
      await writeFile(join(at.folder, 'home-file'), '');
      const before = await Invariants.of(at);
      const ended = await at.run(clean, { env: { UNSPECKLE_HOME: join(at.folder, 'home-file') } });
      expect(String(summaryOf(ended)['message'])).toContain('home-file');
      return before.hold(ended, { code: 1 });
    }
    const home = await ownHome(at.folder);
    await chmod(home, 0o500);
    context.onTestFinished(() => chmod(home, 0o700));
    const ended = await at.run(clean, { env: { UNSPECKLE_HOME: home } });
    expect([ended.code, summaryOf(ended)['code']]).toEqual([1, expect.stringMatching(/unusable|denied/)]);
  });
});

test('F13: what native libraries say goes to a log of bounded size, and never to the person’s terminal', async () => {
  await writePictures(4, 200, 150);
  const home = await ownHome(at.folder);
  const env = { UNSPECKLE_HOME: home, VIPS_INFO: '1', G_MESSAGES_DEBUG: 'all', VIPS_LEAK: '1' };
  const before = await Invariants.of(at, ['own-home']);
  const ended = await at.run(clean, { env });
  expect(ended.stderr).toBe('');
  await before.hold(ended, { code: 0, found: 4 });
  const logs = readdirSync(join(home, 'logs'));
  const text = (await Promise.all(logs.map((name) => readFile(join(home, 'logs', name), 'utf8')))).join('');
  expect(text).toMatch(/VIPS/);
  for (const name of logs)
    expect((await stat(join(home, 'logs', name))).size).toBeLessThanOrEqual(2 ** 20 + 8001);
});

test('F5, F10: closing the window of a terminal, which hangs up, ends batch and engine, and leaves nothing half done', async (context) => {
  onlyOnLinux(context);
  await writePictures(8, 200, 150);
  const before = await Invariants.of(at);
  const running = at.start(clean);
  await running.seen('done', 1);
  const engines = await childrenOf(running.process.pid);
  const sent = performance.now();
  process.kill(-(running.process.pid ?? NaN), 'SIGHUP');
  await running.ended;
  expect(performance.now() - sent).toBeLessThan(3500);
  await until('the engine has ended', () => engines.every((pid) => !isAlive(pid)));
  const resumed = await at.run([...clean, '--resume']);
  expect(await filesIn(at.out)).toHaveLength(8);
  await before.hold(resumed, { code: 0 });
}); // prettier-ignore
