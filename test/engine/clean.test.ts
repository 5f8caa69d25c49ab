import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanSettings, type CleanedPicture, type CleanSettings } from '../../contract/clean.ts';
import type { FamiliarPictures } from '../../contract/familiar.ts';
import type { EngineEvent, KeptOutput } from '../../contract/engine-api.ts';
import type { BackendNetwork } from '../../engine/backends/backend.ts';
import { tensorNetwork } from '../../engine/backends/tensor-network.ts';
import { createCleanHandler } from '../../engine/jobs/clean.ts';
import { MemoryBudget } from '../../engine/memory-budget.ts';
import type { TileNetwork } from '../../model/inference/tile-network.ts';
import { openGate } from '../../model/inference/tile-network.ts';
import { buildNetwork } from '../../model/networks/build.ts';
import { initialiseWeights } from '../../model/networks/initialise.ts';
import { weightsOf } from '../../model/networks/weights.ts';
import { cardFor, tinyUnet } from '../fixtures/models/model-folders.ts';
import { fromRaw, pictureFile, rawPicture, temporaryFolder } from '../fixtures/pictures.ts';
import { makeTiff, plainPage } from '../fixtures/pictures-tiff.ts';
import { decodedPages, opened } from './images/round-trip.ts';

/** A real U-Net whose last layer is zero: it answers its input. */
let zeroCorrection: BackendNetwork;

beforeAll(async () => {
  const network = buildNetwork(tinyUnet);
  initialiseWeights(network, tinyUnet, 1);
  const weights = await weightsOf(network);
  network.dispose();
  for (const [name, { values }] of weights) if (name.startsWith('correction/')) values.fill(0);
  const card = { ...cardFor(tinyUnet), weightsSha256: '0'.repeat(64) };
  zeroCorrection = await tensorNetwork({ id: 'zero', card, weights }, 'cpu');
});

afterAll(() => zeroCorrection.dispose());

interface Cleaning {
  readonly network?: TileNetwork;
  readonly settings?: Partial<CleanSettings>;
  readonly signal?: AbortSignal;
  readonly events?: EngineEvent[];
  readonly stem?: string;
  readonly folder?: string;
  readonly familiar?: FamiliarPictures;
  readonly expected?: { bytes: number; modifiedMs: number };
}

async function clean(source: string, options: Cleaning = {}): Promise<CleanedPicture | KeptOutput> {
  const { familiar } = options;
  const card = { ...cardFor(tinyUnet), weightsSha256: '0'.repeat(64), ...(familiar ? { familiar } : {}) };
  const handler = createCleanHandler({
    network: () => Promise.resolve({ card, network: options.network ?? zeroCorrection }),
    budget: new MemoryBudget(1e9),
    gate: openGate,
  });
  const facts = await stat(source);
  const request = {
    source,
    expected: options.expected ?? { bytes: facts.size, modifiedMs: facts.mtimeMs },
    outputFolder: options.folder ?? (await temporaryFolder()),
    stem: options.stem ?? 'result',
    jobId: 'job-1',
    settings: cleanSettings.parse({ noiseFactor: 0.1, ...options.settings }),
    model: { id: 'zero', folder: '' },
    runtime: { backend: 'wasm', threads: 1 } as const,
    memory: 0,
    tileLimit: null,
  };
  const signal = options.signal ?? new AbortController().signal;
  return handler(request, { signal, send: (event) => options.events?.push(event) });
}

async function cleaned(source: string, options: Cleaning = {}): Promise<CleanedPicture> {
  const picture = await clean(source, options);
  if ('kept' in picture) throw new Error(`kept ${picture.kept}`);
  return picture;
}

const layouts: readonly [string, () => Promise<Uint8Array>][] = [
  ['8-bit grey PNG', () => fromRaw(rawPicture(1, 8)).png().toBuffer()],
  ['8-bit RGB PNG', () => fromRaw(rawPicture(3, 8)).png().toBuffer()],
  ['8-bit RGB PNG with alpha', () => fromRaw(rawPicture(4, 8)).png().toBuffer()],
  ['8-bit grey PNG with alpha', () => fromRaw(rawPicture(2, 8)).png().toBuffer()],
  ['16-bit grey PNG', () => fromRaw(rawPicture(1, 16)).png().toBuffer()],
  ['16-bit RGB PNG', () => fromRaw(rawPicture(3, 16)).png().toBuffer()],
  ['16-bit RGB PNG with alpha', () => fromRaw(rawPicture(4, 16)).png().toBuffer()],
  ['8-bit RGB TIFF', () => fromRaw(rawPicture(3, 8)).tiff({ compression: 'lzw' }).toBuffer()],
  ['16-bit RGB TIFF', () => fromRaw(rawPicture(3, 16)).tiff({ compression: 'deflate' }).toBuffer()],
  ['16-bit grey TIFF', () => fromRaw(rawPicture(1, 16)).tiff({ compression: 'deflate' }).toBuffer()],
  ['float RGB TIFF', () => Promise.resolve(floatTiff(3))],
  ['float grey TIFF of three pages', () => Promise.resolve(floatTiff(1, 3))],
  ['lossless WebP', () => fromRaw(rawPicture(3, 8)).webp({ lossless: true }).toBuffer()],
];

/** Values far outside [0, 1], so that they have to be mapped and mapped back. */
function floatTiff(channels: number, pages = 1): Uint8Array {
  const [width, height] = [19, 23];
  const page = (seed: number) =>
    plainPage({
      width,
      height,
      channels,
      samples: Float32Array.from(
        { length: width * height * channels },
        (_, i) => Math.sin(i * seed) * 311.7 - 5,
      ),
      sampleFormat: 3,
    });
  return makeTiff({ pages: Array.from({ length: pages }, (_, i) => page(i + 1)) });
}

describe('H9: a network whose correction is zero returns every sample, from file to file', () => {
  test.each(layouts)('%s', async (_, make) => {
    const source = await pictureFile(await make());
    const picture = await cleaned(source);
    expect(picture.unchanged).toBe(false);
    const [before, after] = [
      await opened(await readFile(source)),
      await opened(await readFile(picture.output)),
    ];
    expect(after.summary).toMatchObject({
      format: before.summary.format,
      bitDepth: before.summary.bitDepth,
      pages: before.summary.pages,
      alpha: before.summary.alpha,
    });
    const [one, other] = [await decodedPages(before), await decodedPages(after)];
    expect(other.map(({ raster }) => raster.samples)).toEqual(one.map(({ raster }) => raster.samples));
    expect(other.map(({ alpha }) => alpha?.samples)).toEqual(one.map(({ alpha }) => alpha?.samples));
    expect(other.map(({ range }) => range)).toEqual(one.map(({ range }) => range));
  });
});

/** Answers half of what it sees, so that every visible sample changes. */
const halving: TileNetwork = {
  channels: 3,
  radius: 0,
  multiple: 1,
  bytesPerPixel: 12,
  run: (tile) => Promise.resolve(tile.map((value) => value / 2)),
};

test('H13: strength says how much of the correction is applied; alpha and hidden colour stay', async () => {
  const raw = rawPicture(4, 8);
  for (let at = 3; at < raw.samples.length; at += 8) raw.samples[at] = 0; // every second pixel hidden
  const source = await pictureFile(await fromRaw(raw).png().toBuffer());
  const picture = await cleaned(source, { network: halving, settings: { strength: 0.5 } });
  const after = await sharp(picture.output).raw().toBuffer();
  for (let at = 0; at < after.length; at += 4) {
    const hidden = raw.samples[at + 3] === 0;
    const [was, is] = [raw.samples[at]!, after[at]!];
    expect(Math.abs(is - (hidden ? was : 0.75 * was))).toBeLessThanOrEqual(0.5 + 1e-6);
    expect(after[at + 3]).toBe(raw.samples[at + 3]);
  }
});

test('8-bit pictures go to a network that takes bytes as bytes', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const inverted: TileNetwork = {
    ...zeroCorrection,
    run: () => Promise.reject(new Error('asked for floats')),
    runBytes: (tile) => Promise.resolve(tile.map((value) => 255 - value)),
  };
  const { output } = await cleaned(source, { network: inverted });
  const { samples } = rawPicture(3, 8);
  const answer = await sharp(output).raw().toBuffer();
  expect([...answer]).toEqual(Array.from(samples, (value) => 255 - value));
});

test('strength 0 copies the bytes of the source', async () => {
  const bytes = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
  const picture = await cleaned(await pictureFile(bytes, 'photo.JPEG'), { settings: { strength: 0 } });
  expect(await readFile(picture.output)).toEqual(bytes);
  expect(basename(picture.output)).toBe('result.JPEG');
  expect(picture).toMatchObject({ unchanged: true, notices: [{ code: 'strength-zero' }] });
});

test('a clean picture is copied, and written anew only where another format is wanted', async () => {
  const [width, height] = [96, 80];
  const flat = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 60 + Math.floor(((i / 3) % width) / 2),
  );
  const bytes = await sharp(flat, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const source = await pictureFile(bytes);
  const copied = await cleaned(source, { settings: { noiseFactor: 'auto' } });
  expect(copied).toMatchObject({
    unchanged: true,
    noiseFactorSource: 'measured',
    notices: [{ code: 'already-clean' }],
  });
  expect(await readFile(copied.output)).toEqual(bytes);
  const converted = await cleaned(source, {
    settings: { noiseFactor: 'auto', format: 'tiff' },
    network: halving,
  });
  expect(converted.format).toBe('tiff');
  expect(await sharp(converted.output).raw().toBuffer()).toEqual(Buffer.from(flat));
});

test('the file times of the source are kept, and its bytes are not touched', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const before = await stat(source);
  const picture = await cleaned(source);
  const [after, result] = [await stat(source), await stat(picture.output)];
  expect([after.size, after.mtimeMs]).toEqual([before.size, before.mtimeMs]);
  expect(Math.abs(result.mtimeMs - before.mtimeMs)).toBeLessThan(1);
});

test('a factor above what the model knows is lowered, and the report says so', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const picture = await cleaned(source, { settings: { noiseFactor: 0.9 }, stem: 'at {factor}' });
  expect(picture.notices).toMatchObject([{ code: 'noise-factor-clamped' }]);
  expect(basename(picture.output)).toBe(`at ${cardFor(tinyUnet).noise.largest.toFixed(3)}.png`);
});

test('a file that has changed since it was planned is refused', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(1, 8)).png().toBuffer());
  const expected = { bytes: 1, modifiedMs: 0 };
  await expect(clean(source, { expected })).rejects.toMatchObject({ code: 'input-changed' });
});

test('the source is never overwritten, whatever the rule', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(1, 8)).png().toBuffer(), 'a.png');
  const bytes = await readFile(source);
  const settings = { onConflict: 'overwrite' } as const;
  const onItself = clean(source, { settings, folder: dirname(source), stem: 'a' });
  await expect(onItself).rejects.toMatchObject({ code: 'output-is-input' });
  expect(await readFile(source)).toEqual(bytes);
});

test('an existing result is kept when the rule is to skip', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(1, 8)).png().toBuffer());
  const folder = await temporaryFolder();
  await cleaned(source, { folder });
  const again = await clean(source, { folder, settings: { onConflict: 'skip' } });
  expect(again).toEqual({ source, kept: join(folder, 'result.png') });
});

test('stopping between tiles leaves nothing behind', async () => {
  const stop = new AbortController();
  const slow: TileNetwork = { ...halving, run: (tile) => (stop.abort(), Promise.resolve(tile)) };
  const source = await pictureFile(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const folder = await temporaryFolder();
  const stopped = clean(source, { network: slow, signal: stop.signal, folder });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readdir(folder)).toEqual([]);
});

test('progress rises to 1 over the pages of a stack', async () => {
  const events: EngineEvent[] = [];
  await cleaned(await pictureFile(floatTiff(1, 3)), { events });
  const fractions = events.flatMap((event) => (event.type === 'progress' ? [event.fraction] : []));
  expect(fractions).toEqual([1 / 3, 2 / 3, 1]);
});

describe('a picture is held against those that the model learnt from', () => {
  const familiar: FamiliarPictures = {
    ...{ sides: { low: 20, high: 60 }, noiseFactors: { low: 0.05, high: 0.15 } },
    ...{ bitDepths: [8], grey: true, colour: true, error: { mean: 1, deviation: 0.1, pictures: 9 } },
  };
  const picture = async () => pictureFile(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const codes = async (options: Cleaning) =>
    (await cleaned(await picture(), options)).notices.map(({ code }) => code);

  test('nothing is said of one that is like them, and nothing where the card does not say', async () => {
    expect(await codes({ familiar })).toEqual([]);
    expect(await codes({})).toEqual([]);
  });

  test('what is unlike them is said, by the factor before it is held to what the model knows', async () => {
    const sixteen = { ...familiar, bitDepths: [16 as const], sides: { low: 200, high: 300 } };
    expect(await codes({ familiar: sixteen })).toEqual(['unlike-size', 'unlike-depth']);
    expect(await codes({ familiar, settings: { noiseFactor: 0.5 } })).toContain('unlike-noise');
  });

  test('more taken out than usual is said only where the noise factor was measured', async () => {
    const strict = {
      ...familiar,
      noiseFactors: { low: 0, high: 1 },
      error: { mean: -9, deviation: 0, pictures: 9 },
    };
    expect(await codes({ familiar: strict, settings: { noiseFactor: 'auto' } })).toContain('unlike-error');
    expect(await codes({ familiar: strict })).toEqual([]);
  });
});

test('H3: who asks to salvage is not advised to salvage where nothing can be read any more', async () => {
  const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  const source = await pictureFile(png.subarray(0, 40)); // its header, and no pixel
  await expect(clean(source)).rejects.toMatchObject({ code: 'image-damaged' });
  await expect(clean(source, { settings: { salvage: true } })).rejects.toMatchObject({
    code: 'image-beyond-salvage',
  });
});
