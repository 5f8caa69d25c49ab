import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { decodePage } from '../../../engine/images/decode.ts';
import { encodeImage } from '../../../engine/images/encode.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { sharedRange } from '../../../engine/images/shared-range.ts';
import { pictureDecoder } from '../../../engine/training/decode-picture.ts';
import { estimateNoise } from '../../../model/noise/estimate.ts';
import { gaussianInto } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';
import { pictureFile, randomNumbers } from '../../fixtures/pictures.ts';
import { makeTiff, plainPage, type AnySamples } from '../../fixtures/pictures-tiff.ts';
import { asSource, noticeCodes, opened, roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

const [width, height] = [48, 40];
const signal = new AbortController().signal;

/** Whole numbers of a range, both its ends among them. */
function counts(low: number, high: number, channels = 1): Uint16Array {
  const next = randomNumbers(9);
  const samples = Uint16Array.from(
    { length: width * height * channels },
    () => low + (next() % (high - low + 1)),
  );
  samples[0] = low;
  samples[1] = high;
  return samples;
}

const stack = (...pages: AnySamples[]): Buffer =>
  makeTiff({ pages: pages.map((samples) => plainPage({ width, height, channels: 1, samples })) });

const floatPage = (samples: Float32Array): Buffer =>
  makeTiff({ pages: [plainPage({ width, height, channels: 1, samples, sampleFormat: 3 })] });

function png(samples: Uint16Array, channels: 1 | 3 = 1, profile = false): Promise<Buffer> {
  const picture = sharp(samples, { raw: { width, height, channels } });
  const deep = picture.toColourspace(channels === 1 ? 'grey16' : 'rgb16');
  return (profile ? deep.withIccProfile('p3') : deep).png().toBuffer();
}

test.each([
  [100, 900],
  [0, 4095],
  [30_000, 30_016],
  [57_345, 65_535],
])('counts from %d to %d are spread over 16 bits and come back exactly', async (low, high) => {
  const samples = counts(low, high);
  for (const bytes of [stack(samples), await png(samples)]) {
    const trip = await roundTrip(bytes);
    const { raster, range } = trip.before[0]!;
    expect(range).toEqual({ low, high });
    expect([Math.min(...raster.samples), Math.max(...raster.samples)]).toEqual([0, 65_535]);
    expect(noticeCodes(trip)).toEqual(['range-mapped']);
    // Read by the library alone: the file itself holds the same numbers.
    const { data } = await sharp(trip.encoded.bytes)
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    expect(new Uint16Array(data.buffer, data.byteOffset, data.length / 2)).toEqual(samples);
  }
});

test.each([
  ['an eighth of the range or more', () => stack(counts(0, 8192))],
  ['too few levels to tell from rounding', () => stack(counts(500, 510))],
  ['a photograph with a profile', () => png(counts(0, 2000, 3), 3, true)],
  ['a stack with one page that is wide', () => stack(counts(100, 900), counts(0, 60_000))],
])('%s stays as it is', async (_, make) => {
  const trip = await roundTrip(await make());
  for (const { range } of trip.before) expect(range).toBeNull();
  expect(noticeCodes(trip)).toEqual([]);
});

test('one range holds for all pages of a stack', async () => {
  const trip = await roundTrip(stack(counts(100, 900), counts(300, 2000)));
  expect(trip.before.map(({ range }) => range)).toEqual(Array(2).fill({ low: 100, high: 2000 }));
  expect(Math.max(...trip.before[0]!.raster.samples)).toBe(Math.round((800 / 1900) * 65_535));
});

test('a change arrives in the counts of the file; with fewer bits the range is stretched, and that is said', async () => {
  const samples = counts(100, 900);
  const image = await opened(stack(samples));
  const page = await decodePage(image, 0);
  const worked = page.raster.samples.slice();
  worked[1] = worked[1]! / 2;
  const changed = { ...page, raster: { ...page.raster, samples: worked } };
  const encoded = await encodeImage(image, [changed], asSource);
  const again = await decodePage(await opened(encoded.bytes), 0, null);
  expect(again.raster.samples[1]).toBe(500);
  expect(again.raster.samples.subarray(2)).toEqual(samples.subarray(2));
  const trip = await roundTrip(stack(samples), { format: 'png', bitDepth: 8 });
  expect(noticeCodes(trip)).toEqual(['range-stretched']);
  expect(Math.max(...trip.after[0]!.raster.samples)).toBe(255);
});

test('noise of counts is measured on their own range', async () => {
  const [low, high, deviation] = [100, 900, 40];
  const noise = new Float32Array(width * height);
  gaussianInto(new Random(3), noise);
  const samples = Uint16Array.from({ length: width * height }, (_, i) => {
    const wave = 0.5 + 0.3 * Math.sin((i % width) / 9);
    return Math.min(high, Math.max(low, Math.round(low + (high - low) * wave + deviation * noise[i]!)));
  });
  [samples[0], samples[1]] = [low, high];
  const { raster } = await decodePage(await opened(stack(samples)), 0);
  const { noiseFactor } = estimateNoise(raster);
  expect(noiseFactor).toBeGreaterThan((0.8 * deviation) / (high - low));
  expect(noiseFactor).toBeLessThan((1.2 * deviation) / (high - low));
});

test('a value means the same in both pictures of a pair, also where one is in floats', async () => {
  const noisy = counts(100, 900);
  const clean = noisy.map((value) => 250 + Math.round((value - 100) / 2));
  const decode = pictureDecoder();
  const reader = async (bytes: Buffer) => pictureFile(bytes);
  const first = await reader(stack(noisy));
  for (const bytes of [stack(clean), floatPage(Float32Array.from(clean))]) {
    const second = await reader(bytes);
    const [a, b] = [await decode(first, 0, signal, second), await decode(second, 0, signal, first)];
    const white = b.samples instanceof Float32Array ? 1 : 65_535;
    clean.forEach((value, i) => {
      expect(Math.abs(b.samples[i]! / white - (value - 100) / 800)).toBeLessThan(1e-5);
      expect(Math.abs(a.samples[i]! / 65_535 - (noisy[i]! - 100) / 800)).toBeLessThan(1e-5);
    });
  }
});

test('pairs of which one is wide keep the whole range; values of 8 bits count for themselves', async () => {
  const [narrow, wide] = [await opened(stack(counts(100, 900))), await opened(stack(counts(0, 60_000)))];
  expect(await sharedRange(narrow, wide)).toEqual({ low: 0, high: 65_535 });
  expect((await decodePage(narrow, 0, await sharedRange(narrow, wide))).range).toBeNull();
  const eight = await opened(
    await sharp(await png(counts(0, 60_000)))
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  );
  expect(eight.summary.bitDepth).toBe(8);
  expect(await sharedRange(narrow, eight)).toBeUndefined();
  const floats = [0, 50].map((low) => floatPage(Float32Array.from(counts(low, 400))));
  expect(await sharedRange(await opened(floats[0]!), await opened(floats[1]!))).toEqual({
    low: 0,
    high: 400,
  });
});
