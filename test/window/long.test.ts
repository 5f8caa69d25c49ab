import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'vitest';
import { noisyPixels } from '../cli/noisy-pictures.ts';
import sharp from 'sharp';
import { call } from './app-calls.ts';
import { startBatch } from './batch-controls.ts';
import { button, expect, rows } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { fingerprint } from './pictures.ts';
import { kill } from './processes.ts';
import { openProduct } from './product-of-test.ts';
import { say } from './wording.ts';
import { filesBelow } from './written.ts';

const pictures = 500;
const minutes = 60_000;

/** Every tenth picture is damaged, every fiftieth is none at all. */
const isDamaged = (index: number): boolean => index % 10 === 3;
const isNone = (index: number): boolean => index % 50 === 7;

async function writePictures(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (let index = 0; index < pictures; index++) {
    const [width, height] = [24 + (index % 40), 20 + (index % 30)];
    const raw = { raw: { width, height, channels: 3 as const } };
    const png = await sharp(noisyPixels(width, height, index + 1), raw)
      .png()
      .toBuffer();
    const file = join(folder, `picture-${String(index).padStart(3, '0')}.png`);
    const damaged = isDamaged(index) ? png.subarray(0, Math.floor(png.length * 0.7)) : png;
    await writeFile(file, isNone(index) ? 'no picture' : damaged);
    await chmod(file, 0o444);
    files.push(file);
  }
  return files;
}

test(
  'F3, L3: of 500 pictures, some damaged, some none at all, with the engine killed twice, every whole one is cleaned once',
  { timeout: 20 * minutes },
  async (context) => {
    if (process.env['MODE'] !== 'long') context.skip('takes minutes: npm run test:long runs it');
    const product = await openProduct(context);
    const { page, person, home } = product;
    const files = await writePictures(join(person, 'faults'));
    const before = await Promise.all(files.map(fingerprint));
    await dropOnWindow(page, [join(person, 'faults')]);
    await expect(
      page.getByRole('heading', { name: say('pictures-count-other', { count: pictures }) }),
    ).toBeVisible({ timeout: 5 * minutes });
    await expect
      .poll(async () => (await call(page, 'listRows', {})).some(({ state }) => state === 'found'), {
        timeout: 5 * minutes,
      })
      .toBe(false);
    await startBatch(page);
    for (const least of [60, 200]) {
      const done = async () => (await call(page, 'hello', {})).batch.counts.done;
      await expect.poll(done, { timeout: 10 * minutes }).toBeGreaterThan(least);
      for (const pid of await product.engines()) kill(pid);
    }
    await expect(button(page, 'report')).toBeVisible({ timeout: 10 * minutes });

    const wrong = files.filter((_, index) => isDamaged(index) || isNone(index)).map((file) => basename(file));
    const listed = await call(page, 'listRows', {});
    const failed = listed.filter(({ state }) => state === 'failed' || state === 'unreadable');
    expect(failed.map(({ name }) => name).sort()).toEqual(wrong);
    expect(failed.every(({ problem }) => problem !== null && problem.message.length > 20)).toBe(true);
    const whole = listed.filter(({ state }) => state === 'done' || state === 'unchanged');
    expect(whole).toHaveLength(pictures - wrong.length);

    const written = await filesBelow(join(home, 'results'));
    expect(written.map((file) => basename(file)).sort()).toEqual(whole.map(({ output }) => output).sort());
    for (const file of written) await sharp(file).stats();
    expect(await Promise.all(files.map(fingerprint))).toEqual(before);
    await expect(rows(page).first()).toBeVisible();
  },
);
