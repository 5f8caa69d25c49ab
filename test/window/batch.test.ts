import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import exifReader from 'exif-reader';
import type { Locator, Page } from 'playwright';
import sharp from 'sharp';
import { beforeEach, test, vi } from 'vitest';
import { errorTexts } from '../../contract/texts/en.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { call } from './app-calls.ts';
import { batchEnded, pressStart, startBatch } from './batch-controls.ts';
import { unspeckle } from './command-line.ts';
import {
  button,
  choose,
  chooseInMenu,
  emptyQueue,
  expect,
  openOutput,
  row,
  rows,
  segment,
} from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { unzip } from '../fixtures/unzip.ts';
import { root, wantsElectron } from './hosts.ts';
import { fingerprint, readPicture } from './pictures.ts';
import { productOfFile } from './product-of-test.ts';
import { say, saying } from './wording.ts';
import { filesBelow, writtenFile } from './written.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const product = productOfFile();
beforeEach(() => emptyQueue(product().page));

const samples = join(root, 'samples/noisy');

test('samples cleaned through the window are those of the command line, pixel by pixel and tag by tag', async () => {
  const { page, home, person } = product();
  const names = ['dogs.jpg', 'dandelion.tif', 'fig.png', 'diatoms.png', 'nuthatch.jpg'];
  const sources = names.map((name) => join(samples, name));
  const before = await Promise.all(sources.map(fingerprint));
  await dropOnWindow(page, sources);
  await expect(rows(page)).toHaveCount(names.length);
  await startBatch(page);
  // The nuthatch is clean already.
  await batchEnded(page, names.length - 1, 1);
  expect(await Promise.all(sources.map(fingerprint))).toEqual(before);

  const other = join(person, 'by-command');
  await unspeckle(product(), 'clean', ...sources, '--out', other);
  for (const path of await filesBelow(other)) {
    const theirs = await readPicture(path);
    const ours = await readPicture(await writtenFile(join(home, 'results'), basename(path)));
    expect({ ...ours, pixels: null, xmp: null }).toEqual({ ...theirs, pixels: null, xmp: null });
    expect(ours.pixels.equals(theirs.pixels)).toBe(true);
  }
});

test('what was cleaned keeps its tags, profile and depth, and stands upright', async () => {
  const results = join(product().home, 'results');
  const read = async (name: string, output: string) => ({
    source: await readPicture(join(samples, name)),
    result: await readPicture(await writtenFile(results, output)),
  });
  const dogs = await read('dogs.jpg', 'dogs_denoised.jpg');
  expect(dogs.source.orientation).toBe(6);
  expect(dogs.result.orientation ?? 1).toBe(1);
  expect([dogs.result.width, dogs.result.height]).toEqual([dogs.source.height, dogs.source.width]);
  expect(dogs.result.icc).toEqual(dogs.source.icc);
  // What says how the pixels lie is theirs, the rest is the picture's.
  const own = ['Orientation', 'ExifTag', 'PixelXDimension', 'PixelYDimension'];
  const tags = (exif: Buffer | undefined) => {
    const { Image = {}, Photo = {} } = exifReader(exif ?? Buffer.alloc(0));
    return Object.fromEntries(Object.entries({ ...Image, ...Photo }).filter(([tag]) => !own.includes(tag)));
  };
  expect(tags(dogs.result.exif)).toMatchObject(tags(dogs.source.exif));

  const dandelion = await read('dandelion.tif', 'dandelion_denoised.tif');
  expect(dandelion.result).toMatchObject({
    format: 'tiff',
    depth: 'ushort',
    density: dandelion.source.density,
  });
  expect(dandelion.result.icc).toEqual(dandelion.source.icc);
  expect(dandelion.result.pixels.equals(dandelion.source.pixels)).toBe(false);

  const fig = await read('fig.png', 'fig_denoised.png');
  expect(fig.result.hasAlpha).toBe(true);
  const alpha = async (path: string) => sharp(path).extractChannel('alpha').raw().toBuffer();
  const figResult = await alpha(await writtenFile(results, 'fig_denoised.png'));
  expect(figResult.equals(await alpha(join(samples, 'fig.png')))).toBe(true);

  const nuthatch = await writtenFile(results, 'nuthatch_denoised.jpg');
  expect((await readFile(nuthatch)).equals(await readFile(join(samples, 'nuthatch.jpg')))).toBe(true);
});

test('the report lists every picture, a finished one is downloaded, and the batch is undone into the trash', async () => {
  const { page, person, data } = product();
  for (const seed of [1, 2]) await writeNoisy(join(person, `undo-${seed}.png`), { seed });
  const sources = [1, 2].map((seed) => join(person, `undo-${seed}.png`));
  const before = await Promise.all(sources.map(fingerprint));
  await dropOnWindow(page, sources);
  await expect(rows(page)).toHaveCount(2);
  await startBatch(page);
  await batchEnded(page, 2);
  await expect(button(page, 'show-in-folder')).toHaveCount(wantsElectron() ? 1 : 0);
  await button(page, 'report').click();
  const dialog = page.getByRole('dialog', { name: say('report') });
  await expect(dialog.getByRole('listitem')).toHaveCount(2);

  const written = await writtenFile(join(product().home, 'results'), 'undo-1_denoised.png');
  if (process.env['APP_HOST'] !== 'electron') {
    const arriving = page.waitForEvent('download');
    await dialog.getByRole('link', { name: say('download', { name: 'undo-1_denoised.png' }) }).click();
    expect(await readFile(await (await arriving).path())).toEqual(await readFile(written));
  }

  await dialog.getByRole('button', { name: say('undo-batch') }).click();
  await page.getByRole('button', { name: say('undo-action') }).click();
  await expect(page.getByText(say('undo-moved-other', { count: 2 })).first()).toBeVisible();
  await expect(dialog).toContainText(say('report-undone'));
  expect(await filesBelow(join(product().home, 'results'))).not.toContain(written);
  const trashed = await filesBelow(join(data, 'Trash/files'));
  expect(trashed).toHaveLength(2);
  expect(await Promise.all(sources.map(fingerprint))).toEqual(before);
  await dialog.getByRole('button', { name: say('close'), exact: true }).click();
  await expect(page.getByText(say('outcome-undone')).first()).toBeVisible();
  await expect(page.getByText(say('outcome-done-other', { count: 2 }), { exact: true })).toBeHidden();
});

test('what is in no folder of the person is downloaded at once: as one archive, in the folders that were dropped', async (context) => {
  const { page, person, home } = product();
  if (wantsElectron()) context.skip('the desktop app shows results in their folders');
  await mkdir(join(person, 'Trip/deep'), { recursive: true });
  const names = ['Trip/first.png', 'Trip/deep/second.png', 'lone.png'];
  for (const [seed, name] of names.entries()) await writeNoisy(join(person, name), { seed: 40 + seed });
  await dropOnWindow(page, [join(person, 'Trip'), join(person, 'lone.png')]);
  await expect(rows(page)).toHaveCount(3);
  await startBatch(page);
  await batchEnded(page, 3);
  const written = async (name: string) => readFile(await writtenFile(join(home, 'results'), name));
  const results = {
    'lone_denoised.png': await written('lone_denoised.png'),
    'Trip/first_denoised.png': await written('first_denoised.png'),
    'Trip/deep/second_denoised.png': await written('second_denoised.png'),
  };
  const downloaded = async (within: Page | Locator) => {
    const arriving = page.waitForEvent('download');
    await within.getByRole('button', { name: say('download-all') }).click();
    const download = await arriving;
    expect(download.suggestedFilename()).toMatch(/^unspeckle-[\d-]+\.zip$/);
    const files = await unzip(await readFile(await download.path()));
    return Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
  };
  expect(await downloaded(page)).toEqual(results);

  // One that is gone is told of in the window and in the archive, and holds up none of the others.
  await rm(await writtenFile(join(home, 'results'), 'first_denoised.png'));
  await button(page, 'report').click();
  const dialog = page.getByRole('dialog', { name: say('report') });
  const again = await downloaded(dialog);
  await expect(page.getByText(say('download-all-gone-one', { count: 1 })).first()).toBeVisible();
  expect(Object.keys(again).sort()).toEqual([
    'Trip/deep/second_denoised.png',
    'left-out.txt',
    'lone_denoised.png',
  ]);
  expect(again['left-out.txt']?.toString('utf8')).toContain('Trip/first_denoised.png');

  // Where nothing is left the person gets a sentence, and the browser no download.
  await rm(join(home, 'results'), { recursive: true });
  await dialog.getByRole('button', { name: say('download-all') }).click();
  await expect(page.getByText(errorTexts['results-not-found']).first()).toBeVisible();
  await page.keyboard.press('Escape');
});

test('results go to a chosen folder under a name of the person’s making, in another format; a preset keeps it', async () => {
  const { page, person } = product();
  const file = join(person, 'wanted.png');
  await writeNoisy(file);
  await dropOnWindow(page, [file]);
  await expect(row(page, 'wanted.png')).toContainText(say('state-ready'));
  await openOutput(page);

  await segment(page, 'place', 'place-folder').click();
  const dialog = page.getByRole('dialog', { name: say('browse-output') });
  await dialog.getByRole('button', { name: say('browse-new-folder') }).click();
  await page.getByRole('textbox', { name: say('browse-folder-name') }).fill('results');
  await button(page, 'browse-make').click();
  await expect(dialog).toContainText(join(person, 'results'));
  await dialog.getByRole('button', { name: saying('browse-this-folder') }).click();
  await expect(page.getByText(join(person, 'results'), { exact: true })).toBeVisible();

  const name = page.getByRole('textbox', { name: say('name-template') });
  await name.fill('{name}-{model}');
  await expect(page.getByText(say('name-example', { name: 'wanted-photo-small.png' }))).toBeVisible();
  await choose(page, say('format'), 'TIFF');
  await choose(page, say('bit-depth'), say('bits', { bits: 16 }));
  await chooseInMenu(page, say('presets'), say('preset-save'));
  await page.getByRole('textbox', { name: say('preset-name') }).fill('Archive');
  await button(page, 'save').click();
  await expect(page.getByText(say('presets-one', { count: 1 }))).toBeVisible();

  await startBatch(page);
  await batchEnded(page, 1);
  const path = join(person, 'results/wanted-photo-small.tif');
  expect(await filesBelow(join(person, 'results'))).toEqual([path]);
  expect(await readPicture(path)).toMatchObject({ format: 'tiff', depth: 'ushort' });

  await choose(page, say('format'), 'JPEG');
  await expect.poll(async () => (await call(page, 'readSettings', {})).batch.format).toBe('jpeg');
  await chooseInMenu(page, say('presets'), 'Archive');
  await expect.poll(async () => (await call(page, 'readSettings', {})).batch.format).toBe('tiff');
});

test.each([
  ['conflict-rename', ['wanted-photo-small (2).tif', 'wanted-photo-small.tif'], false],
  ['conflict-skip', ['wanted-photo-small.tif'], false],
  ['conflict-overwrite', ['wanted-photo-small.tif'], true],
] as const)('when the name is taken: %s', async (rule, expected, replaced) => {
  const { page, person } = product();
  const folder = join(person, 'results');
  const first = join(folder, 'wanted-photo-small.tif');
  const before = (await stat(first)).ino;
  await dropOnWindow(page, [join(person, 'wanted.png')]);
  await expect(row(page, 'wanted.png')).toContainText(say('state-ready'));
  await openOutput(page);
  await choose(page, say('on-conflict'), say(rule));
  if (rule === 'conflict-skip') {
    // Its only result is there already, and is kept: there is nothing to start.
    await pressStart(page);
    await expect(page.getByRole('dialog', { name: say('check-stops') })).toBeVisible();
    await page.keyboard.press('Escape');
  } else {
    await startBatch(page);
    await batchEnded(page, 1);
  }
  expect((await filesBelow(folder)).map((path) => basename(path))).toEqual(expected);
  // A file that was replaced is another one, even where it holds the same.
  expect((await stat(first)).ino !== before).toBe(replaced);
  for (const path of await filesBelow(folder)) if (path !== first) await rm(path);
});
