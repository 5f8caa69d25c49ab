import { stat } from 'node:fs/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { cleanSettings } from '../../../contract/clean.ts';
import type { Region } from '../../../contract/view.ts';
import { createCleanHandler } from '../../../engine/jobs/clean.ts';
import { MemoryBudget } from '../../../engine/memory-budget.ts';
import type { TileNetwork } from '../../../model/inference/tile-network.ts';
import { openGate } from '../../../model/inference/tile-network.ts';
import { cardFor, tinyUnet } from '../../fixtures/models/model-folders.ts';
import { fromRaw, noise8, rawPicture, temporaryFolder } from '../../fixtures/pictures.ts';
import { blurring, never, samplesOf, viewing, type Choices } from './viewing.ts';

const large = (channels: 1 | 2 | 3 | 4, width = 203, height = 171) => ({
  width,
  height,
  channels,
  samples: noise8(width * height * channels),
});

/** The pixels of the file that a batch writes. */
async function batchPixels(file: string, network: TileNetwork, choices: Choices): Promise<Uint8Array> {
  const card = { ...cardFor(tinyUnet), weightsSha256: '0'.repeat(64) };
  const clean = createCleanHandler({
    network: () => Promise.resolve({ card, network }),
    budget: new MemoryBudget(1e9),
    gate: openGate,
  });
  const facts = await stat(file);
  const request = {
    source: file,
    expected: { bytes: facts.size, modifiedMs: facts.mtimeMs },
    outputFolder: await temporaryFolder(),
    stem: 'result',
    jobId: 'job-1',
    settings: cleanSettings.parse({ noiseFactor: 0.1, format: 'png', ...choices }),
    model: { id: 'tiny', folder: '' },
    runtime: { backend: 'wasm', threads: 1 } as const,
    memory: 0,
    tileLimit: 96,
  };
  const picture = await clean(request, { signal: never, send: () => {} });
  if ('kept' in picture) throw new Error(`kept ${picture.kept}`);
  return await rgbaOf(picture.output);
}

/** Whatever its channels: 8 bit, RGB with alpha. */
async function rgbaOf(png: Uint8Array | string): Promise<Uint8Array> {
  return await sharp(png, { ignoreIcc: true }).toColourspace('srgb').ensureAlpha().raw().toBuffer();
}

function partOfPixels(rgba: Uint8Array, width: number, { x, y, ...part }: Region): Uint8Array {
  const rows = Array.from({ length: part.height }, (_, row) => {
    const from = ((y + row) * width + x) * 4;
    return rgba.subarray(from, from + part.width * 4);
  });
  return Buffer.concat(rows);
}

const pictures = [
  ['grey', 1],
  ['grey with alpha', 2],
  ['RGB', 3],
  ['RGB with alpha', 4],
] as const;
const strengths: Choices[] = [
  { strength: 1 },
  { strength: 0.4 },
  { strength: 0.7, colourStrength: 0.2 },
  { strength: 0 },
];

test.each(pictures)('every part of a %s picture has exactly the bytes of the batch', async (_, channels) => {
  const raw = large(channels);
  // Fully transparent pixels, the whole right part of some rows among them.
  if (channels % 2 === 0) {
    for (let at = channels - 1; at < raw.samples.length; at += channels) {
      if (at % 7 === 0 || at % (203 * channels) > 700) raw.samples[at] = 0;
    }
  }
  const bytes = await fromRaw(raw).png().toBuffer();
  for (const network of [blurring(3), blurring(1)]) {
    const view = await viewing(bytes, { network });
    for (const choices of strengths) {
      const batch = await batchPixels(view.file, network, choices);
      for (const region of [
        { x: 0, y: 0, width: 203, height: 171 },
        { x: 61, y: 59, width: 97, height: 70 },
        { x: 190, y: 160, width: 13, height: 11 },
      ]) {
        const shown = await rgbaOf((await view.pixels({ region, choices })).png);
        const expected = partOfPixels(batch, 203, region);
        expect(Buffer.compare(shown, expected), JSON.stringify(region)).toBe(0);
      }
    }
  }
});

test('strength and colour strength answer without running the network again', async () => {
  const network = blurring();
  const view = await viewing(await fromRaw(large(3)).png().toBuffer(), { network });
  await view.pixels({});
  const runs = network.runs.length;
  expect(runs).toBeGreaterThan(0);
  for (const choices of strengths) await view.pixels({ choices, layer: 'residual' });
  expect(network.runs.length).toBe(runs);
  await view.pixels({ choices: { noiseFactor: 0.2 } });
  expect(network.runs.length).toBeGreaterThan(runs);
});

test('what was answered before is taken, and the network runs over the rest alone', async () => {
  const bytes = await fromRaw(large(3)).png().toBuffer();
  const network = blurring();
  const view = await viewing(bytes, { network });
  const regions = [
    { x: 0, y: 0, width: 117, height: 171 },
    { x: 61, y: 5, width: 142, height: 160 },
    { x: 30, y: 0, width: 170, height: 171 },
  ];
  for (const region of regions) {
    const shown = await rgbaOf((await view.pixels({ region })).png);
    const fresh = await rgbaOf((await (await viewing(bytes)).pixels({ region })).png);
    expect(Buffer.compare(shown, fresh), JSON.stringify(region)).toBe(0);
  }
  // 120 columns were answered first, on the multiple of 8; around a part the network reads 8 pixels more, its 2 rounded up.
  expect(network.runs).toEqual([
    { width: 128, height: 176 },
    { width: 208 - 120 + 8, height: 176 },
    // All but the last three rows are known, which begin at 168.
    { width: 208 - 112, height: 16 },
  ]);
});

test('16-bit pictures are rounded to the nearest of 8 bit', async () => {
  const raw = rawPicture(3, 16);
  const view = await viewing(await fromRaw(raw).png().toBuffer());
  const shown = await samplesOf(await view.pixels({ layer: 'noisy' }));
  expect(shown).toEqual(Uint8Array.from(raw.samples, (value) => Math.floor(value / 257 + 0.5)));
});

test('parts of what is seen have the same bytes as all of it, from one run of the network', async () => {
  const bytes = await fromRaw(large(3)).png().toBuffer();
  const seen = { x: 32, y: 0, width: 160, height: 128 };
  const whole = await rgbaOf((await (await viewing(bytes)).pixels({ region: seen })).png);
  const network = blurring();
  const view = await viewing(bytes, { network });
  const parts = [
    { x: 32, y: 0, width: 96, height: 128 },
    { x: 128, y: 0, width: 64, height: 128 },
  ];
  const shown = await Promise.all(parts.map((region) => view.pixels({ region, seen })));
  expect(network.runs).toHaveLength(1);
  for (const [at, region] of parts.entries()) {
    const inside = { ...region, x: region.x - seen.x, y: region.y - seen.y };
    const expected = partOfPixels(whole, seen.width, inside);
    expect(Buffer.compare(await rgbaOf(shown[at]!.png), expected)).toBe(0);
  }
});
