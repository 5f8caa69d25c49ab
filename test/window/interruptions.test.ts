import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { beforeEach, test, vi } from 'vitest';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { call } from './app-calls.ts';
import { batchEnded, startBatch } from './batch-controls.ts';
import { button, emptyQueue, expect, row, rows, segment, slider } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { kill } from './processes.ts';
import type { Product } from './product.ts';
import { openProduct, productOfFile } from './product-of-test.ts';
import { say, saying } from './wording.ts';
import { filesBelow, writtenFile } from './written.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const product = productOfFile();
beforeEach(() => emptyQueue(product().page));

/** Pictures that are at work long enough to be disturbed. */
async function dropMany({ page, person }: Product, count: number): Promise<void> {
  const folder = join(person, `many-${count}`);
  for (let seed = 1; seed <= count; seed++) {
    await writeNoisy(join(folder, `picture-${seed}.png`), { seed, width: 400, height: 300 });
  }
  await dropOnWindow(page, [folder]);
  await expect(page.getByRole('button', { name: say('clean-other', { count }) })).toBeEnabled();
}

const counts = async (page: Page) => (await call(page, 'hello', {})).batch.counts;

async function someAreDone(page: Page, least: number): Promise<void> {
  await expect.poll(async () => (await counts(page)).done, { intervals: [50] }).toBeGreaterThanOrEqual(least);
}

async function results({ home }: Product): Promise<string[]> {
  return (await filesBelow(join(home, 'results'))).filter((path) => !basename(path).startsWith('.'));
}

test('a picture that breaks in the middle fails alone with its reason, and is cleaned once it was mended', async () => {
  const { page, person, home } = product();
  const folder = join(person, 'fails');
  for (const seed of [1, 2, 3])
    await writeNoisy(join(folder, `${seed}.png`), { seed, width: 120, height: 90 });
  const whole = await readFile(join(folder, '2.png'));
  await writeFile(join(folder, '2.png'), whole.subarray(0, Math.floor(whole.length * 0.6)));
  await dropOnWindow(page, [folder]);
  await expect(rows(page)).toHaveCount(3);
  await startBatch(page);
  await batchEnded(page, 2);
  await expect(row(page, '2.png')).toContainText(/damaged/);
  await expect(page.getByText(say('batch-failed-one', { count: 1 })).first()).toBeVisible();

  await writeFile(await writtenFile(join(home, 'uploads'), '2.png'), whole);
  await button(page, 'retry-failed').click();
  await batchEnded(page, 1);
  await expect(row(page, '2.png')).toContainText(say('state-done'));
});

test('a batch pauses, goes on and stops', async () => {
  const { page } = product();
  await dropMany(product(), 16);
  await startBatch(page);
  await someAreDone(page, 1);
  await expect(button(page, 'pause')).toBeInViewport({ ratio: 1 });
  await button(page, 'pause').click();
  await expect(page.getByText(say('batch-paused'))).toBeVisible();
  // What was on its way when it was paused may still end.
  await expect
    .poll(async () => (await call(page, 'listRows', {})).filter(({ state }) => state === 'working'))
    .toEqual([]);
  const { done } = await counts(page);
  await page.waitForTimeout(1500);
  expect((await counts(page)).done).toBe(done);
  expect(done).toBeLessThan(16);
  await button(page, 'resume').click();
  await someAreDone(page, done + 1);
  await button(page, 'stop').click();
  await expect(
    page
      .getByText(saying('outcome-stopped-other'))
      .or(page.getByText(saying('outcome-stopped-one')))
      .first(),
  ).toBeVisible();
  const after = await counts(page);
  expect(after.done).toBeLessThan(16);
  expect(after.failed).toBe(0);
  expect((await call(page, 'listRows', {})).filter(({ state }) => state === 'ready')).toHaveLength(
    16 - after.done,
  );
});

test('a picture with its own settings is cleaned by them, the others as all', async () => {
  const { page, person, home } = product();
  for (const name of ['own', 'as-all'])
    await writeNoisy(join(person, `${name}.png`), { width: 120, height: 90 });
  // Pixels alike, files not: the same file is not taken twice.
  await dropOnWindow(page, [join(person, 'own.png'), join(person, 'as-all.png')]);
  await expect(rows(page)).toHaveCount(2);
  await row(page, 'own.png').click();
  await segment(page, 'settings-for', 'for-this').click();
  await slider(page, 'strength').focus();
  await page.keyboard.press('Home');
  await expect(row(page, 'own.png')).toContainText(say('own-settings'));
  await startBatch(page);
  // One without strength is copied.
  await batchEnded(page, 1, 1);
  const pixels = (path: string) => sharp(path).raw().toBuffer();
  const source = await pixels(join(person, 'own.png'));
  const results = join(home, 'results');
  expect((await pixels(await writtenFile(results, 'own_denoised.png'))).equals(source)).toBe(true);
  expect((await pixels(await writtenFile(results, 'as-all_denoised.png'))).equals(source)).toBe(false);
});

test('F3: a batch whose engine is killed completes', async () => {
  const { page } = product();
  await dropMany(product(), 12);
  const before = (await results(product())).length;
  await startBatch(page);
  await someAreDone(page, 1);
  const engines = await product().engines();
  expect(engines.length).toBeGreaterThan(0);
  for (const pid of engines) kill(pid);
  expect((await counts(page)).done).toBeLessThan(12);
  await batchEnded(page, 12);
  expect((await results(product())).length).toBe(before + 12);
  expect((await counts(page)).failed).toBe(0);
});

test('F6: a window that is loaded anew in the middle of a batch shows it as it stands', async () => {
  const { page } = product();
  await dropMany(product(), 14);
  await startBatch(page);
  await someAreDone(page, 1);
  await page.reload();
  await expect(button(page, 'pause')).toBeEnabled();
  await expect(page.getByRole('progressbar', { name: say('batch-progress') })).toBeVisible();
  await expect(page.getByRole('heading', { name: say('pictures-count-other', { count: 14 }) })).toBeVisible();
  await batchEnded(page, 14);
});

/** Of the pictures that the app calls done: the paths of their results. */
async function toldDone({ page, home }: Product): Promise<string[]> {
  const done = (await call(page, 'listRows', {})).filter(({ state }) => state === 'done');
  return Promise.all(
    done.map(({ name }) => writtenFile(join(home, 'results'), name.replace('.png', '_denoised.png'))),
  );
}

test('F5: a batch that ended with the app is offered again, and completes without redoing what was done', async (context) => {
  const crashing = await openProduct(context);
  await dropMany(crashing, 12);
  await startBatch(crashing.page);
  await someAreDone(crashing.page, 2);
  const told = await toldDone(crashing);
  await crashing.crash();
  // One more may have its name already, and not be written down as done: that one is made again.
  const identity = async (path: string) => `${path} ${(await stat(path)).ino}`;
  const finished = await Promise.all(told.map(identity));
  expect(finished.length).toBeGreaterThanOrEqual(2);
  expect((await results(crashing)).length).toBeLessThan(12);

  await crashing.reopen();
  const { page } = crashing;
  await expect(page.getByRole('region', { name: say('unfinished') })).toBeVisible();
  await button(page, 'unfinished-continue').click();
  await batchEnded(page, 12);
  const all = await Promise.all((await results(crashing)).map(identity));
  expect(all).toHaveLength(12);
  expect(all).toEqual(expect.arrayContaining(finished));
  await expect(page.getByRole('region', { name: say('unfinished') })).toBeHidden();
});
