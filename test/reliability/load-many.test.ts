import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { childrenOf, filesIn, type Workspace } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { Invariants } from './invariants.ts';
import { clean, ownHome, useProduct } from './product.ts';
import {
  counted,
  engineOf,
  median,
  memoryOf,
  onlyLong,
  openFiles,
  processorSeconds,
  usuallyHeld,
} from './watched-engine.ts';

const minutes = 60_000;

// Minutes on machines that may be busy.
vi.setConfig({ testTimeout: 40 * minutes, hookTimeout: 4 * minutes });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

test('L3: over 1,000 pictures an engine grows by at most 5 % after the first 100, and keeps no file open', async (context) => {
  onlyLong(context);
  const count = 1000;
  for (let seed = 0; seed < 20; seed++) await writeNoisy(join(at.pictures, `p${seed}.jpg`), { width: 320, height: 240, seed });
  await writeCopies(count);
  const before = await Invariants.of(at);
  // One engine for all of them, which it would not be: it is replaced every 500 pictures.
  const running = at.start(clean, { env: { UNSPECKLE_RECYCLE_AFTER: '100000' } });
  const reached = counted(running);
  const engine = await engineOf(running);
  await reached(100);
  const earlyFiles = await openFiles(engine);
  const early = await usuallyHeld(engine, reached(400));
  await reached(count - 305);
  const late = await usuallyHeld(engine, reached(count - 5));
  const lateFiles = await openFiles(engine);
  const ended = await running.ended;
  await before.hold(ended, { code: 0 });
  console.log(`1,000 pictures: ${(early / 1e6).toFixed(0)} MB over 100 to 400, ${(late / 1e6).toFixed(0)} MB over the last 300 (medians); open files ${earlyFiles} and ${lateFiles}`);
  // 5 % over all of them is so much from the middle of the first stretch to that of the last.
  expect(late / early).toBeLessThan(1.033);
  // What is being read and written at that moment is open too.
  expect(lateFiles).toBeLessThanOrEqual(earlyFiles + 6);
}); // prettier-ignore

/** Copies of the first twenty pictures that are files of their own. */
async function writeCopies(count: number): Promise<void> {
  const originals = await Promise.all(Array.from({ length: 20 }, (_, index) => readFile(join(at.pictures, `p${index}.jpg`)))); // prettier-ignore
  for (let index = 20; index < count; index++) {
    await writeFile(join(at.pictures, `p${index}.jpg`), originals[index % 20] ?? '');
  }
}

test('T6: over 2,000 steps of training its engine grows by at most 5 % after the first 200', async (context) => {
  onlyLong(context);
  for (let seed = 0; seed < 8; seed++) await writeNoisy(join(at.pictures, `p${seed}.png`), { width: 64, height: 48, seed });
  const before = await Invariants.of(at, ['own-home']);
  const home = await ownHome(at.folder);
  const train = ['train', 'pictures', '--batch', '2', '--patch', '16', '--steps', '2000', '--threads', '1', '--json', '--name', 'long'];
  const running = at.start(train, { env: { UNSPECKLE_HOME: home } });
  const held = new Map<number, number>();
  let rest = '';
  const watch = async (step: number) => {
    // The newest of the program's processes: another one has looked at the folder before.
    const engine = (await childrenOf(running.process.pid)).at(-1);
    const { now } = await memoryOf(engine ?? NaN);
    if (step > 0 && now > 0) held.set(step, now);
  };
  running.process.stdout?.on('data', (chunk: Buffer) => {
    rest = (rest + chunk.toString('utf8')).slice(-20_000);
    void watch(Number([...rest.matchAll(/"step":(\d+)/g)].at(-1)?.[1] ?? 0));
  });
  const ended = await running.ended;
  await before.hold(ended, { code: 0 });
  const between = (from: number, to: number) => median([...held].filter(([step]) => step >= from && step <= to).map(([, bytes]) => bytes));
  const [early, late] = [between(200, 1100), between(1100, 2000)];
  console.log(`2,000 steps: ${(early / 1e6).toFixed(0)} MB in steps 200 to 1,100, ${(late / 1e6).toFixed(0)} MB in 1,100 to 2,000 (medians)`);
  expect(held.size).toBeGreaterThan(20);
  // 5 % over all of them, from the middle of one half to that of the other.
  expect(late / early).toBeLessThan(1.025);
}); // prettier-ignore

test('L4, L7: 20,000 pictures, a new engine every 500: the last take no longer than the first, none is lost, logs stay bounded', async (context) => {
  onlyLong(context);
  const count = 20_000;
  await writeTiny(count);
  const home = await ownHome(at.folder);
  const began = performance.now();
  const running = at.start(clean, { env: { UNSPECKLE_HOME: home } });
  const reached = counted(running);
  // Processor time, because other tests run beside this one; the last tenth may be over before it is read.
  const taken = [0];
  for (let tenth = 1; tenth <= 9; tenth++) {
    await reached((count / 10) * tenth);
    taken.push(await processorSeconds(running.process.pid!));
  }
  const ended = await running.ended;
  expect(ended.json().at(-1)).toMatchObject({ done: count, failed: 0, skipped: 0, pending: 0, exitCode: 0 });
  expect(new Set(await filesIn(at.out)).size).toBe(count);
  const wall = (performance.now() - began) / 1000;
  const tenths = taken.slice(1).map((seconds, at) => seconds - taken[at]!);
  console.log(`20,000 pictures in ${wall.toFixed(0)} s; processor seconds by tenth ${tenths.map((seconds) => seconds.toFixed(1)).join(', ')}`);
  // The first tenth holds the start of the program; three of them, because a busy machine makes one vary.
  const sum = (some: readonly number[]) => some.reduce((total, seconds) => total + seconds, 0);
  expect(sum(tenths.slice(-3)) / sum(tenths.slice(1, 4))).toBeLessThan(1.1);
  for (const name of await filesIn(join(home, 'logs'))) {
    expect((await stat(join(home, 'logs', name))).size).toBeLessThanOrEqual(2 ** 20 + 8001);
  }
  const journals = await filesIn(join(home, 'jobs'));
  const sizes = await Promise.all(journals.map(async (name) => (await stat(join(home, 'jobs', name))).size));
  // Plan, journal, intents and report of a batch: some kilobytes a picture, gone with the oldest batches.
  expect(sizes.reduce((sum, size) => sum + size, 0) / count).toBeLessThan(8000);
}); // prettier-ignore

async function writeTiny(count: number): Promise<void> {
  await writeNoisy(join(at.pictures, 'p.png'), { width: 16, height: 12 });
  const bytes = await readFile(join(at.pictures, 'p.png'));
  await rm(join(at.pictures, 'p.png'));
  for (let index = 0; index < count; index++) {
    const folder = join(at.pictures, String(Math.floor(index / 1000)));
    if (index % 1000 === 0) await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `p${index}.png`), bytes);
  }
}
