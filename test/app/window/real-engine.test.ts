import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, copyFile, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp, type App } from '../../../app/app.ts';
import { viewChoices, viewTile } from '../../../contract/view.ts';
import { TestWindow } from './window-bench.ts';

const root = join(import.meta.dirname, '../../..');
const side = 192;

let folder: string;
let app: App;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, 'tools/setup/prepare.mjs'), '--quiet']);
  folder = await mkdtemp(join(tmpdir(), 'window-real-'));
  await mkdir(join(folder, 'pictures'));
  await noisyPicture(join(folder, 'pictures', 'noisy.png'));
  app = createApp({ root, home: join(folder, 'home') });
}, 300_000);

afterAll(async () => {
  // Where nothing could be built there is nothing to close.
  if (!folder) return;
  await app.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A smooth picture with the same noise each time. */
async function noisyPicture(path: string): Promise<void> {
  const pixels = Buffer.alloc(side * side * 3);
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < pixels.length; i++) {
    const noise = (random() + random() + random() + random() - 2) * 45;
    const ramp = 60 + ((Math.floor(i / 3) % side) * 120) / side;
    pixels[i] = Math.max(0, Math.min(255, Math.round(ramp + noise)));
  }
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(path);
}

const pixelsOf = (png: Buffer | string) => sharp(png).removeAlpha().raw().toBuffer();

test('what a window shows of a cleaned picture is what the batch writes', async () => {
  const window = new TestWindow(app);
  window.host.picks.folder = join(folder, 'out');
  await window.call('chooseOutputFolder', {});
  await window.add(join(folder, 'pictures'));
  const row = window.row('noisy.png');
  expect(row.picture).toEqual({ format: 'png', width: side, height: side, pages: 1, bitDepth: 8 });
  const { view } = await window.call('openView', { row: row.id });
  expect((await window.call('measureView', { view })).noiseFactor).toBeGreaterThan(0.03);
  const region = { x: 0, y: 0, width: side, height: side };
  const tile = viewTile.parse({
    view,
    layer: 'denoised',
    region,
    reduction: 1,
    choices: viewChoices.parse({}),
  });
  const response = await window.app.fetch(
    new Request('http://app/pixels', { method: 'POST', body: JSON.stringify(tile) }),
  );
  expect(response.status).toBe(200);
  const shown = await pixelsOf(Buffer.from(await response.arrayBuffer()));
  const verdict = await window.call('judgeResidual', { view, page: 0, region, choices: tile.choices });
  expect(verdict.verdict).not.toBe('nothing-removed');
  const end = await window.clean();
  expect(end.counts).toMatchObject({ done: 1, failed: 0 });
  const written = await pixelsOf(join(folder, 'out', 'noisy_denoised.png'));
  // What is written is rounded by the backend itself, what is shown by us: on a border one level apart.
  expect(written.every((value, i) => Math.abs(value - (shown[i] ?? -9)) <= 1)).toBe(true);
  expect(written.filter((value, i) => value !== shown[i]).length).toBeLessThan(written.length / 10_000);
  const [batch] = await window.call('listBatches', {});
  expect(await window.call('undoBatch', { batch: batch?.batch ?? '' })).toEqual({ moved: 1, kept: [] });
}, 120_000);

test('a file that is no picture is told, and the models say what they cost and how fast they are', async () => {
  const odd = join(folder, 'odd.png');
  await copyFile(join(root, 'package.json'), odd);
  const window = new TestWindow(app);
  await window.add(odd);
  expect(window.row('odd.png')).toMatchObject({ state: 'unreadable', problem: { code: 'not-a-picture' } });
  const model = (await window.call('listModels', {})).find(({ isDefault }) => isDefault);
  expect(model?.macsPerPixel).toBeGreaterThan(40_000);
  expect(model?.megapixelsPerSecond).toBeGreaterThan(0);
  expect((await stat(odd)).size).toBe((await readFile(join(root, 'package.json'))).length);
});
