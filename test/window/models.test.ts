import { createWriteStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Locator, Page } from 'playwright';
import { beforeEach, test, vi } from 'vitest';
import { ZipFile } from 'yazl';
import { modelCard } from '../../contract/model-card.ts';
import { errorTexts } from '../../contract/texts/en.ts';
import { phraseTexts } from '../../contract/texts/phrases-en.ts';
import { call } from './app-calls.ts';
import { unspeckle } from './command-line.ts';
import { button, chooseInMenu, expect, goTo } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { root } from './hosts.ts';
import { productOfFile } from './product-of-test.ts';
import { say, sentencePattern } from './wording.ts';
import { filesBelow } from './written.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const product = productOfFile();
beforeEach(() => goTo(product().page, 'models'));

const card = (page: Page, name: string): Locator => page.getByRole('article', { name, exact: true });

test('each model says what it is for, how much noise it knows, and how near it comes', async () => {
  const { page } = product();
  const bundled = page.getByRole('article').first();
  await expect(bundled).toContainText(say('model-bundled'));
  await expect(bundled).toContainText(say('model-is-default'));
  for (const fact of ['model-trained-on', 'model-noise', 'model-size', 'model-speed'] as const) {
    await expect(bundled.getByText(say(fact), { exact: true })).toBeVisible();
  }
  const card = await readFile(join(root, 'model/pretrained/photo-small/card.json'), 'utf8');
  const { metrics } = modelCard.parse(JSON.parse(card));
  for (const { psnr } of metrics) await expect(bundled.getByRole('table')).toContainText(psnr.toFixed(2));
});

test('a model is duplicated, renamed, made the default, and removed to the trash', async () => {
  const { page, home } = product();
  const name = (await page.getByRole('article').first().getByRole('heading').innerText()).trim();
  await chooseInMenu(page, say('more-of', { name }), say('model-duplicate'));
  await page.getByRole('textbox', { name: say('model-name') }).fill('My copy');
  await button(page, 'model-duplicate-do').click();
  await expect(card(page, 'My copy')).toContainText(say('model-own'));

  await chooseInMenu(page, say('more-of', { name: 'My copy' }), say('model-rename'));
  await page.getByRole('textbox', { name: say('model-name') }).fill('Film scans');
  await button(page, 'model-rename-do').click();
  await expect(card(page, 'Film scans')).toBeVisible();
  await expect(card(page, 'My copy')).toBeHidden();

  await card(page, 'Film scans')
    .getByRole('button', { name: say('model-make-default') })
    .click();
  await expect(card(page, 'Film scans')).toContainText(say('model-is-default'));
  await expect(page.getByText(say('model-is-default'), { exact: true })).toHaveCount(1);

  await chooseInMenu(page, say('more-of', { name: 'Film scans' }), say('model-remove'));
  await button(page, 'model-remove-do').click();
  await expect(card(page, 'Film scans')).toBeHidden();
  await expect(page.getByRole('article').first()).toContainText(say('model-is-default'));
  expect(await readdir(join(home, 'models')).catch(() => [])).not.toContain('film-scans');
});

test('the archive that the command line exports is imported by dropping it', async () => {
  const { page, person } = product();
  const { id } = await call(page, 'duplicateModel', { model: 'gaussian-small', name: 'Shared' });
  const archive = join(person, 'shared.zip');
  await unspeckle(product(), 'models', 'export', id, archive);
  await call(page, 'removeModel', { model: id });
  await expect(card(page, 'Shared')).toBeHidden();
  await dropOnWindow(page, [archive]);
  await expect(card(page, 'Shared')).toBeVisible({ timeout: 60_000 });
  await expect(card(page, 'Shared')).toContainText(say('model-own'));
  await expect(page.getByText(say('model-imported', { name: 'Shared' })).first()).toBeVisible();
});

test('an ONNX file that is dropped is told what to choose in its place', async () => {
  const { page, person } = product();
  await writeFile(join(person, 'mine.onnx'), 'of another program');
  await dropOnWindow(page, [join(person, 'mine.onnx')]);
  const advice = page.getByText(phraseTexts['model-archive-onnx']).first();
  await expect(advice).toBeVisible();
});

test('a model is exported as a file', async (context) => {
  if (process.env['APP_HOST'] === 'electron') context.skip('the desktop app asks the system where to');
  const { page } = product();
  const name = (await page.getByRole('article').first().getByRole('heading').innerText()).trim();
  const arriving = page.waitForEvent('download');
  await chooseInMenu(page, say('more-of', { name }), say('model-export'));
  const bytes = await readFile(await (await arriving).path());
  expect(bytes.subarray(0, 2).toString()).toBe('PK');
});

test.each(['weights-nan', 'topology-huge-filters', 'weights-path-parent'])(
  'a hostile model is refused with the reason: %s',
  async (kind) => {
    const { page, person, home } = product();
    const before = await page.getByRole('article').count();
    const archive = join(person, `${kind}.zip`);
    await zip(join(root, 'test/fixtures/hostile/models', kind), archive);
    await dropOnWindow(page, [archive]);
    const refused = page
      .getByRole('log', { name: say('messages') })
      .getByText(sentencePattern(errorTexts['model-invalid']))
      .filter({ hasText: kind });
    await expect(refused).toBeVisible({ timeout: 60_000 });
    expect(await page.getByRole('article').count()).toBe(before);
    expect((await filesBelow(join(home, 'models'))).filter((path) => path.includes(kind))).toEqual([]);
    await button(page, 'dismiss').first().click();
  },
);

async function zip(folder: string, file: string): Promise<void> {
  const archive = new ZipFile();
  for (const name of await readdir(folder)) archive.addFile(join(folder, name), name);
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(file));
}
