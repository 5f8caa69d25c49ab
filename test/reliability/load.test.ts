import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test, vi, type TestContext } from 'vitest';
import { foreseenPeak } from '../../app/window/foreseen.ts';
import { cleanSettings } from '../../contract/clean.ts';
import { childrenOf, filesIn, type Running, type Workspace } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { claimingPng } from './made-pictures.ts';
import { Invariants, lineOf } from './invariants.ts';
import { ownHome, useProduct, withMemory } from './product.ts';

const isLong = process.env['MODE'] === 'long';
const minutes = 60_000;

// Minutes on machines that may be busy.
vi.setConfig({ testTimeout: 40 * minutes, hookTimeout: 4 * minutes });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

const clean = ['clean', 'pictures', '--out', 'out', '--json', '--noise-factor', '0.1'];

function onlyLong(context: TestContext): void {
  if (!isLong) context.skip('takes minutes: npm run test:long runs it');
  if (process.platform !== 'linux') context.skip('measures through /proc');
}

/** What a process of the system holds, in bytes, and at most held. */
async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const of = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) * 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

const openFiles = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

/** Tells when so many pictures are done, at a cost that does not grow with their number. */
function counted(running: Running): (count: number) => Promise<void> {
  const mark = '"type":"done"';
  let [done, rest] = [0, ''];
  const waiting = new Map<number, () => void>();
  running.process.stdout?.on('data', (chunk: Buffer) => {
    const text = rest + chunk.toString('latin1');
    done += text.split(mark).length - 1;
    rest = text.slice(Math.max(text.lastIndexOf(mark) + mark.length, text.length - mark.length + 1, 0));
    for (const [count, tell] of waiting) if (done >= count) tell();
  });
  return (count) =>
    Promise.race([new Promise<void>((tell) => waiting.set(count, tell)), running.ended.then(() => {})]);
}

/** The engine of a batch, once it is there. */
async function engineOf(running: Running): Promise<number> {
  for (;;) {
    const [pid] = await childrenOf(running.process.pid);
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.for([24, 50, 100, 200])('L2: the memory that %i megapixels take at most is foretold from the header within 20 %%', async (megapixels, context) => {
  onlyLong(context);
  const width = Math.round(Math.sqrt(megapixels * 1.5e6));
  const height = Math.round((megapixels * 1e6) / width);
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 25 };
  const create = { width, height, channels: 3 as const, background: '#888', noise };
  await sharp({ create, limitInputPixels: false }).jpeg({ quality: 90 }).toFile(join(at.pictures, 'large.jpg'));
  const { size: bytes } = await stat(join(at.pictures, 'large.jpg'));
  const before = await Invariants.of(at);
  const running = at.start(clean);
  const engine = await engineOf(running);
  let peak = 0;
  const watch = setInterval(() => void memoryOf(engine).then((held) => (peak = Math.max(peak, held.peak || 0))), 100);
  const ended = await running.ended;
  clearInterval(watch);
  await before.hold(ended, { code: 0, found: 1 });
  const summary = { format: 'jpeg' as const, width, height, channels: 3 as const, alpha: false, bitDepth: 8 as const, pages: 1, bytes, ownOutput: false }; // prettier-ignore
  const foretold = foreseenPeak(summary, cleanSettings.parse({}));
  const seconds = Number(lineOf(ended, join(at.pictures, 'large.jpg'))?.['seconds']);
  console.log(`${megapixels} MP: at most ${(peak / 1e9).toFixed(2)} GB, foretold ${(foretold / 1e9).toFixed(2)} GB, ${seconds.toFixed(0)} s`);
  expect(Math.abs(peak / foretold - 1)).toBeLessThan(0.2);
  if (megapixels === 24) expect(peak).toBeLessThan(1.5e9);
  if (megapixels === 100) expect(peak).toBeLessThan(2.5e9);
}); // prettier-ignore

test('H16, L2: a picture that would not fit into the memory there is, is refused with the numbers before it takes any', async (context) => {
  await writeNoisy(join(at.pictures, 'small.png'));
  await claimingPng(join(at.pictures, 'huge.png'), 16_000, 16_000);
  const under = await withMemory(context, 1.4e9);
  const before = await Invariants.of(at);
  const ended = await at.run(clean, { under });
  const refused = lineOf(ended, join(at.pictures, 'huge.png'));
  expect(refused?.['code']).toBe('image-too-large');
  expect(String(refused?.['message'])).toMatch(/16000 × 16000 pixels need about \d\.\d+ GB of memory, and \d\.\d+ GB are free/);
  expect(ended.json().filter(({ type }) => type === 'engine-restarted')).toEqual([]);
  await before.hold(ended, { code: 3, found: 2 });
}); // prettier-ignore

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
  const [early, earlyFiles] = [await memoryOf(engine), await openFiles(engine)];
  await reached(count - 5);
  const [late, lateFiles] = [await memoryOf(engine), await openFiles(engine)];
  const ended = await running.ended;
  await before.hold(ended, { code: 0 });
  console.log(`1,000 pictures: ${(early.now / 1e6).toFixed(0)} MB after 100, ${(late.now / 1e6).toFixed(0)} MB after 995; open files ${earlyFiles} and ${lateFiles}`);
  expect(late.now / early.now).toBeLessThan(1.05);
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
  const engine = await engineOf(running);
  const held = new Map<number, number>();
  let rest = '';
  running.process.stdout?.on('data', (chunk: Buffer) => {
    rest = (rest + chunk.toString('utf8')).slice(-20_000);
    const step = Number([...rest.matchAll(/"step":(\d+)/g)].at(-1)?.[1] ?? 0);
    void memoryOf(engine).then(({ now }) => now > 0 && held.set(step, now));
  });
  const ended = await running.ended;
  await before.hold(ended, { code: 0 });
  const between = (from: number, to: number) => Math.max(...[...held].filter(([step]) => step >= from && step <= to).map(([, bytes]) => bytes));
  const [early, late] = [between(200, 400), between(1800, 2000)];
  console.log(`2,000 steps: at most ${(early / 1e6).toFixed(0)} MB in steps 200 to 400, ${(late / 1e6).toFixed(0)} MB in 1,800 to 2,000`);
  expect(held.size).toBeGreaterThan(20);
  expect(late / early).toBeLessThan(1.05);
}); // prettier-ignore

test('L4, L7: 20,000 pictures, a new engine every 500: the last take no longer than the first, none is lost, logs stay bounded', async (context) => {
  onlyLong(context);
  const count = 20_000;
  await writeTiny(count);
  const home = await ownHome(at.folder);
  const began = performance.now();
  const running = at.start(clean, { env: { UNSPECKLE_HOME: home } });
  const reached = counted(running);
  const times: number[] = [];
  for (let tenth = 1; tenth <= 10; tenth++) {
    await reached((count / 10) * tenth);
    times.push(performance.now() - began - times.reduce((sum, one) => sum + one, 0));
  }
  const ended = await running.ended;
  expect(ended.json().at(-1)).toMatchObject({ done: count, failed: 0, skipped: 0, pending: 0, exitCode: 0 });
  expect(new Set(await filesIn(at.out)).size).toBe(count);
  console.log(`20,000 pictures: seconds by tenth ${times.map((ms) => (ms / 1000).toFixed(1)).join(', ')}`);
  const [first = NaN, last = NaN] = [times[1], times[9]];
  // The first tenth holds the start of the program. A machine that does other things as well needs some room.
  expect(last / first).toBeLessThan(1.35);
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
