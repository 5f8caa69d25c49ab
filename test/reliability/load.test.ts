import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test, vi } from 'vitest';
import { foreseenPeak } from '../../app/window/foreseen.ts';
import { cleanSettings } from '../../contract/clean.ts';
import type { Workspace } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { claimingPng } from './made-pictures.ts';
import { Invariants, lineOf } from './invariants.ts';
import { clean, useProduct, withMemory } from './product.ts';
import { engineOf, memoryOf, onlyLong } from './watched-engine.ts';

const minutes = 60_000;

// Minutes on machines that may be busy.
vi.setConfig({ testTimeout: 40 * minutes, hookTimeout: 4 * minutes });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

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
