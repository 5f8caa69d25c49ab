import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { test, vi } from 'vitest';
import { ZipFile } from 'yazl';
import { changeJson, savedModel, type cardFor } from '../fixtures/models/model-folders.ts';
import { call } from './app-calls.ts';
import { emptyQueue, expect, goTo, rows } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { productOfFile } from './product-of-test.ts';
import { say } from './wording.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const product = productOfFile();

/** Markup that does something wherever it is taken for markup. */
const payloads = [
  '<img src=x onerror="window.__pwned=1">',
  '"><script>window.__pwned=1<\u002fscript>',
  '<svg onload=window.__pwned=1>',
  '{{constructor.constructor("window.__pwned=1")()}}',
  "javascript:window.__pwned=1//'><b>bold<\u002fb>",
];

/** As a file may be called: without the separator. */
const asName = (payload: string, at: number) => `${at} ${payload.replaceAll('/', '∕')}.jpg`;

/** The same as it may be shown: what some system takes in no name may be another sign in an upload's. */
const shown = (name: string): RegExp =>
  new RegExp(name.replaceAll(/[.()[\]{}+$^\\]/g, '\\$&').replaceAll(/[<>":|?*]/g, '.'));

async function expectNothingRan(): Promise<void> {
  const { page } = product();
  expect(await page.evaluate(() => '__pwned' in window)).toBe(false);
  expect(await page.locator('img[src="x"], svg[onload], script:not([src])').count()).toBe(0);
}

test('S5: markup in names, EXIF, XMP and descriptions of pictures is shown as text, or not at all', async () => {
  const { page, person } = product();
  await emptyQueue(page);
  const folder = join(person, 'strangers');
  await mkdir(folder, { recursive: true });
  for (const [at, payload] of payloads.entries()) {
    const create = { width: 40, height: 30, channels: 3 as const, background: '#678' };
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${payload}</a></x:xmpmeta>`;
    await sharp({ create })
      .withExif({
        IFD0: { ImageDescription: payload, Artist: payload, Software: payload, Copyright: payload },
      })
      .withXmp(xmp)
      .jpeg()
      .toFile(join(folder, asName(payload, at)));
  }
  await writeFile(join(folder, asName(payloads[0]!, 9)), 'no picture at all');
  await dropOnWindow(page, [folder]);
  await expect(rows(page)).toHaveCount(payloads.length + 1);
  for (const [at, payload] of payloads.entries()) {
    await expect(rows(page).filter({ hasText: shown(asName(payload, at)) })).toHaveCount(1);
  }
  // What is wrong with it is said with its name in the sentence.
  await expect(rows(page).filter({ hasText: shown(asName(payloads[0]!, 9)) })).toHaveCount(1);
  for (let at = 0; at < payloads.length; at++) {
    await rows(page).nth(at).click();
    await expectNothingRan();
  }
});

test('S5: markup in every text of a model is shown as text', async () => {
  const { page, person } = product();
  const [image = '', script = ''] = payloads;
  const model = await savedModel();
  changeJson<ReturnType<typeof cardFor>>(model, 'card.json', (card) => {
    Object.assign(card, { name: image, purpose: script, licence: image, credits: script });
    Object.assign(card.training, { machine: image, finished: script });
  });
  const archive = join(person, 'stranger.zip');
  const zip = new ZipFile();
  for (const name of ['model.json', 'weights.bin', 'card.json']) zip.addFile(join(model, name), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(archive));
  await goTo(page, 'models');
  const before = (await call(page, 'listModels', {})).length;
  await dropOnWindow(page, [archive]);
  await expect
    .poll(async () => (await call(page, 'listModels', {})).length, { timeout: 60_000 })
    .toBe(before + 1);
  await expect(page.getByRole('article').filter({ hasText: image })).toHaveCount(1);
  await expectNothingRan();
});

test('S5: markup in the name of a preset and of a renamed model is shown as text', async () => {
  const { page } = product();
  const [payload = ''] = payloads;
  await call(page, 'savePreset', { name: payload.slice(0, 60) });
  const { id } = await call(page, 'duplicateModel', { model: 'gaussian-small', name: payload });
  await goTo(page, 'settings');
  await goTo(page, 'models');
  await expect(page.getByRole('article').filter({ hasText: payload }).first()).toBeVisible();
  await call(page, 'removeModel', { model: id });
  await expectNothingRan();
});

test('S6, S7: a dropped address, text or piece of a page is refused with a word, nothing is fetched, and the page stays', async () => {
  const { page, requests } = product();
  await goTo(page, 'clean');
  const address = page.url();
  const before = { asked: requests.length, rows: await rows(page).count() };
  const session = await page.context().newCDPSession(page);
  const strange = [
    { mimeType: 'text/uri-list', data: 'http://192.0.2.1/picture.png' },
    { mimeType: 'text/plain', data: 'https://192.0.2.1/picture.png' },
    { mimeType: 'text/html', data: `<a href="http://192.0.2.1/">${payloads[0]}</a>` },
  ];
  for (const item of strange) {
    const data = { items: [item], files: [], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
    }
    await expect(page.getByText(say('drop-no-files')).first()).toBeVisible();
  }
  await session.detach();
  expect(page.url()).toBe(address);
  expect(await rows(page).count()).toBe(before.rows);
  expect(requests.slice(before.asked).filter((asked) => !asked.startsWith(new URL(address).origin))).toEqual(
    [],
  );
  await expectNothingRan();
});
