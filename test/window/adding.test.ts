import { existsSync } from 'node:fs';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Route } from 'playwright';
import { beforeEach, test, vi } from 'vitest';
import { errorTexts } from '../../contract/texts/en.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { button, emptyQueue, expect, row, rows } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { openProduct, productOfFile } from './product-of-test.ts';
import { say, saying, sentencePattern } from './wording.ts';
import { writtenFile } from './written.ts';

vi.setConfig({ testTimeout: 120_000 });
const product = productOfFile();
beforeEach(() => emptyQueue(product().page));

test('the first screen is the drop zone, with the promise that nothing leaves this machine', async () => {
  const { page } = product();
  await expect(page.getByRole('heading', { name: say('drop-title') })).toBeVisible();
  await expect(page.getByText(say('drop-promise'))).toBeVisible();
});

test('dropped files and folders become rows; what cannot be read is listed with its reason', async () => {
  const { page, person } = product();
  const folder = join(person, 'dropped');
  await writeNoisy(join(folder, 'one.png'));
  await writeNoisy(join(folder, 'tree/two.jpg'), { seed: 2 });
  await writeNoisy(join(folder, 'tree/deep/three.png'), { seed: 3 });
  await writeFile(join(folder, 'broken.jpg'), Buffer.from('ffd8ffe000104a464946', 'hex'));
  await writeFile(join(folder, 'phone.heic'), Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'));
  await dropOnWindow(
    page,
    ['one.png', 'tree', 'broken.jpg', 'phone.heic'].map((name) => join(folder, name)),
  );
  await expect(rows(page)).toHaveCount(5);
  for (const name of ['one.png', 'two.jpg', 'three.png']) {
    await expect(row(page, name)).toContainText(say('state-ready'));
  }
  for (const [name, code] of [
    ['broken.jpg', 'image-empty'],
    ['phone.heic', 'format-unsupported'],
  ] as const) {
    // Below its name the sentence goes on from there; whole it is the tip, and shown where the picture would be.
    const sentence = sentencePattern(errorTexts[code]);
    await expect(row(page, name)).toContainText(sentencePattern(errorTexts[code].replace('“{file}” ', '')));
    await expect(row(page, name)).not.toContainText('“');
    await expect(row(page, name)).toHaveAttribute('title', sentence);
    await row(page, name).click();
    await expect(page.getByRole('region', { name: say('viewer') }).getByText(sentence)).toBeVisible();
  }
  // Where a page's copy is kept says nothing to anybody.
  await expect(row(page, 'broken.jpg')).not.toContainText(product().home);
  expect(await row(page, 'three.png').getAttribute('title')).toBe('tree/deep/three.png');
});

test('a dropped folder comes in the order of its names, 2 before 10, a large file as small ones', async () => {
  const { page, person } = product();
  const folder = join(person, 'roll');
  for (const n of [1, 2, 3, 9, 10, 11]) await writeNoisy(join(folder, `shot ${n}.png`), { seed: n });
  const large = Buffer.concat([await readFile(join(folder, 'shot 2.png')), Buffer.alloc(20e6)]);
  await writeFile(join(folder, 'shot 2.png'), large);
  await dropOnWindow(page, [folder]);
  await expect(rows(page)).toHaveCount(6);
  for (const [at, n] of [1, 2, 3, 9, 10, 11].entries()) {
    await expect(rows(page).nth(at)).toContainText(`shot ${n}.png`);
  }
});

test('what is pasted is added', async (context) => {
  if (process.env['APP_HOST'] === 'electron') context.skip('Electron asks no clipboard permission of a page');
  const { page } = product();
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(40, 30);
    canvas.getContext('2d')?.fillRect(5, 5, 20, 10);
    const png = await canvas.convertToBlob({ type: 'image/png' });
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
  });
  await page.keyboard.press('Control+V');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(say('state-ready'));
});

test('without pickers of the system, pictures and folders are browsed to', async (context) => {
  if (process.env['APP_HOST'] === 'electron') context.skip('the desktop app has the pickers of the system');
  const { page, person } = product();
  await writeNoisy(join(person, 'holiday/beach.png'));
  await writeNoisy(join(person, 'holiday/hill.png'), { seed: 2 });

  await button(page, 'choose-files').click();
  const dialog = page.getByRole('dialog', { name: say('browse-files') });
  const filter = dialog.getByRole('textbox', { name: say('browse-filter') });
  await filter.fill('holi');
  // What is written while the next folder is being read is meant for that one.
  let nowWritten = () => {};
  const written = new Promise<void>((resolve) => (nowWritten = resolve));
  const onceWritten = async (route: Route) => {
    await written;
    await route.continue();
  };
  await page.route('**/invoke/browse', onceWritten, { times: 1 });
  const read = page.waitForResponse('**/invoke/browse');
  await dialog.getByRole('button', { name: 'holiday', exact: true }).click();
  await expect(filter).toHaveValue('');
  await filter.fill('nothing');
  nowWritten();
  await read;
  await expect(dialog.getByText(say('browse-none-so-called'))).toBeVisible();
  await expect(filter).toHaveValue('nothing');
  await filter.fill('BEA');
  await expect(dialog.getByRole('button', { name: 'hill.png' })).toBeHidden();
  await dialog.getByRole('button', { name: 'beach.png', exact: true }).click();
  await dialog.getByRole('button', { name: say('browse-add-one', { count: 1 }) }).click();
  await expect(dialog).toBeHidden();
  await expect(rows(page)).toHaveCount(1);

  await button(page, 'add-folder').click();
  const folders = page.getByRole('dialog', { name: say('browse-folder') });
  await folders.getByRole('button', { name: saying('browse-this-folder') }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(row(page, 'hill.png')).toContainText(say('state-ready'));

  await row(page, 'hill.png').click();
  await page.keyboard.press('Delete');
  await expect(rows(page)).toHaveCount(1);
  expect(existsSync(join(person, 'holiday/hill.png'))).toBe(true);
});

test('pictures are browsed to by a part of their names and Enter alone', async (context) => {
  if (process.env['APP_HOST'] === 'electron') context.skip('the desktop app has the pickers of the system');
  const { page, person } = product();
  await writeNoisy(join(person, 'by-keys/one.png'));
  await writeNoisy(join(person, 'by-keys/two.png'), { seed: 2 });
  await button(page, 'choose-files').click();
  const dialog = page.getByRole('dialog', { name: say('browse-files') });
  const filter = dialog.getByRole('textbox', { name: say('browse-filter') });
  await expect(filter).toBeFocused();
  // The dialog begins where it was last.
  await dialog.getByRole('button', { name: say('browse-home') }).click();
  await expect(dialog.getByRole('button', { name: 'by-keys' })).toBeVisible();
  await filter.click();
  await page.keyboard.type('by-k');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'one.png' })).toBeVisible();
  await expect(filter).toHaveValue('');
  await expect(filter).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { pressed: true })).toHaveCount(0);
  await page.keyboard.type('tw');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: say('browse-add-one', { count: 1 }) }).click();
  await expect(row(page, 'two.png')).toContainText(say('state-ready'));
  await expect(rows(page)).toHaveCount(1);
});

test('a picture on the command line is there when the window opens', async (context) => {
  const folder = product().person;
  await writeNoisy(join(folder, 'argument.png'));
  const { page } = await openProduct(context, { files: [join(folder, 'argument.png')] });
  await expect(row(page, 'argument.png')).toContainText(say('state-ready'));
});

test('what a page sends keeps the time at which it was changed last', async (context) => {
  if (process.env['APP_HOST'] === 'electron') context.skip('the desktop app reads the files where they lie');
  const { page, person, home } = product();
  const file = join(person, 'aged.png');
  await writeNoisy(file);
  await utimes(file, 1.4e9, 1.4e9);
  await dropOnWindow(page, [file]);
  await expect(row(page, 'aged.png')).toContainText(say('state-ready'));
  expect((await stat(await writtenFile(join(home, 'uploads'), 'aged.png'))).mtimeMs).toBe(1.4e12);
});
