import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test, vi } from 'vitest';
import { readManifest } from '../cli/manifest.ts';
import { call } from './app-calls.ts';
import { startBatch } from './batch-controls.ts';
import { button, expect, rows } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { fingerprint } from './pictures.ts';
import { productOfFile } from './product-of-test.ts';
import { filesBelow } from './written.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
const product = productOfFile();

const collection = join(import.meta.dirname, '../fixtures/hostile');

test('H1: the hostile pictures dropped on the window get their verdicts, each with its reason, and the window lives', async () => {
  const { page, person, home } = product();
  const manifest = (await readManifest(join(collection, 'manifest.csv'))).filter(({ file }) =>
    file.startsWith('made/'),
  );
  const folder = join(person, 'hostile');
  await cp(join(collection, 'made'), folder, { recursive: true });
  const sources = await filesBelow(folder);
  const before = await Promise.all(sources.map(fingerprint));
  await dropOnWindow(page, [folder]);
  const settled = async () => {
    const listed = await call(page, 'listRows', {});
    return listed.length === manifest.length && listed.every(({ state }) => state !== 'found');
  };
  await expect.poll(settled, { timeout: 60_000 }).toBe(true);
  await startBatch(page);
  await expect(button(page, 'report')).toBeVisible({ timeout: 120_000 });

  const listed = await call(page, 'listRows', {});
  const wrong = manifest.flatMap(({ file, special, expected }) => {
    const row = listed.find(({ name }) => `made/${name}` === file);
    const done = row?.state === 'done' || row?.state === 'unchanged';
    const right = done ? expected !== 'clear error' : expected !== 'decodes';
    const said = done || (row?.problem?.message.length ?? 0) > 20;
    return right && said ? [] : [`${file} (${special}): ${row?.state} ${row?.problem?.message}`];
  });
  expect(wrong).toEqual([]);
  const done = listed.filter(({ state }) => state === 'done' || state === 'unchanged');
  const written = (await filesBelow(join(home, 'results'))).filter((file) => !file.endsWith('.part'));
  expect(written).toHaveLength(done.length);
  await expect(rows(page).first()).toBeVisible();
  expect(await Promise.all(sources.map(fingerprint))).toEqual(before);
  // Texts within the files are shown as text, should they be shown at all.
  expect(await page.evaluate(() => '__pwned' in window)).toBe(false);
});
