import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../contract/errors.ts';
import { decodePage } from '../../../engine/images/decode.ts';
import { encodeImage } from '../../../engine/images/encode.ts';
import { mapFromUnit, mapToUnit } from '../../../engine/images/float-range.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { randomNumbers } from '../../fixtures/pictures.ts';
import { makeTiff, plainPage, short, type AnySamples } from '../../fixtures/pictures-tiff.ts';
import { asSource, noticeCodes, opened, roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

const [width, height] = [19, 11];

/** Values over a range, with fractions that no division gives back exactly. */
function values(low: number, high: number, channels = 1): Float32Array {
  const next = randomNumbers(5);
  const samples = Float32Array.from(
    { length: width * height * channels },
    () => low + (high - low) * (next() / 2147483647),
  );
  samples[3] = low;
  samples[4] = high;
  return samples;
}

function floatTiff(samples: AnySamples, channels = 1, more = {}): Buffer {
  return makeTiff({ pages: [plainPage({ width, height, channels, samples, sampleFormat: 3, ...more })] });
}

const ranges = [
  [0, 255],
  [-1, 1],
  [0, 65535],
  [100.25, 417.3],
  [-1000, -10],
  [0, 1.0001],
  [-3e38, 3e38],
  [0, 1e-3 + 1],
] as const;

test.each(ranges)(
  'H10: values from %d to %d come back exactly when nothing was changed',
  async (low, high) => {
    for (const channels of [1, 3]) {
      const samples = values(low, high, channels);
      const trip = await roundTrip(floatTiff(samples, channels));
      const { raster, range } = trip.before[0]!;
      expect(range).toEqual({ low: Math.fround(low), high: Math.fround(high) });
      for (const value of raster.samples) expect(value >= 0 && value <= 1).toBe(true);
      expect(Math.max(...raster.samples)).toBe(1);
      expect(Math.min(...raster.samples)).toBe(0);
      expect(noticeCodes(trip)).toEqual(['range-mapped']);
      // Read back by its bytes: the file itself holds the same numbers.
      const stored = (await sharp(trip.encoded.bytes).metadata()).depth;
      expect(stored).toBe('float');
      const page = trip.again.header.tiff!.pages[0]!;
      const { readSamples } = await import('../../../engine/images/tiff-samples.ts');
      expect((await readSamples(trip.again.header.tiff!.structure, page, false)).colour).toEqual(samples);
    }
  },
);

test('values within [0, 1] are not mapped', async () => {
  const samples = values(0.2, 0.9, 3);
  const trip = await roundTrip(floatTiff(samples, 3));
  expect(trip.before[0]!.range).toBeNull();
  expect(trip.before[0]!.raster.samples).toEqual(samples);
  expect(trip.after[0]!.raster.samples).toEqual(samples);
  expect(noticeCodes(trip)).toEqual([]);
});

test('a change made between 0 and 1 arrives in the values of the file, and only where it was made', async () => {
  const samples = values(0, 200);
  const image = await opened(floatTiff(samples));
  const page = await decodePage(image, 0);
  const changed = page.raster.samples.slice();
  changed[7] = changed[7]! / 2;
  const encoded = await encodeImage(
    image,
    [{ ...page, raster: { ...page.raster, samples: changed } }],
    asSource,
  );
  const again = await decodePage(await opened(encoded.bytes), 0);
  const { low, high } = page.range!;
  const found = again.raster.samples.map((value) => value * (high - low) + low);
  found.forEach((value, at) => {
    const wanted = at === 7 ? samples[7]! / 2 : samples[at]!;
    expect(Math.abs(value - wanted)).toBeLessThan(200 * 1e-6);
  });
});

test('one range holds for all pages of a stack', async () => {
  const pages = [values(0, 50), values(10, 400)].map((samples) =>
    plainPage({ width, height, channels: 1, samples, sampleFormat: 3 }),
  );
  const trip = await roundTrip(makeTiff({ pages }));
  expect(trip.before.map(({ range }) => range)).toEqual([
    { low: 0, high: 400 },
    { low: 0, high: 400 },
  ]);
  expect(noticeCodes(trip)).toEqual(['range-mapped']);
});

test('H10, H21: a flat picture outside [0, 1] is finite and comes back', async () => {
  const samples = new Float32Array(width * height).fill(1234.5);
  const trip = await roundTrip(floatTiff(samples));
  expect(trip.before[0]!.raster.samples.every(Number.isFinite)).toBe(true);
  expect(trip.encoded.bytes.length).toBeGreaterThan(0);
  expect(trip.after[0]!.range).toEqual({ low: 1234.5, high: 1234.5 });
});

test('H10: NaN and infinity are refused with their number, or become 0 when salvaging', async () => {
  const samples = values(0, 10);
  samples.set([NaN, Infinity, -Infinity], 10);
  const bytes = floatTiff(samples);
  const error: unknown = await decodePage(await opened(bytes), 0).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'image-not-finite', details: { count: 3 } });
  const trip = await roundTrip(bytes, {}, { salvage: true });
  expect(trip.before[0]!.raster.samples.every(Number.isFinite)).toBe(true);
  expect(noticeCodes(trip)).toEqual(['values-not-finite', 'range-mapped']);
  const { low, high } = trip.after[0]!.range!;
  expect(
    [...trip.after[0]!.raster.samples.subarray(10, 13)].map((value) => value * (high - low) + low),
  ).toEqual([0, 0, 0]);
});

test('H10: half and double precision become single precision, and that is said', async () => {
  const halves = Uint16Array.from({ length: width * height }, (_, at) => (at % 0x3c00) + (at % 2) * 7);
  const half = await roundTrip(floatTiff(halves));
  expect(noticeCodes(half)).toEqual(['depth-raised']);
  // 1 is 0x3c00; the smallest step is 2^-24; 0x3555 is nearly a third (IEEE 754).
  const known = new Uint16Array(width * height);
  known.set([0x3c00, 0x0001, 0x3555, 0x0400]);
  const { raster } = (await roundTrip(floatTiff(known))).before[0]!;
  expect([...raster.samples.subarray(0, 4)]).toEqual([1, 2 ** -24, 1365 * 2 ** -12, 2 ** -14]);

  const doubles = Float64Array.from(values(0, 1));
  const double = await roundTrip(floatTiff(doubles));
  expect(noticeCodes(double)).toEqual(['depth-reduced']);
  expect(double.after[0]!.raster.samples).toEqual(Float32Array.from(doubles));
  // What single precision cannot hold is not a number any more.
  await expect(
    roundTrip(floatTiff(Float64Array.from(doubles, (value) => value * 1e300))),
  ).rejects.toMatchObject({
    code: 'image-not-finite',
  });
});

test('written with fewer bits, the range is spread over all of them, and that is said', async () => {
  const samples = values(100, 300);
  for (const format of ['tiff', 'png'] as const) {
    const trip = await roundTrip(floatTiff(samples), { format, bitDepth: 16 });
    expect(noticeCodes(trip)).toEqual(['range-stretched']);
    const wanted = [...samples].map((value) => Math.round(((value - 100) / 200) * 65535));
    expect(
      Math.max(...[...trip.after[0]!.raster.samples].map((value, at) => Math.abs(value - wanted[at]!))),
    ).toBeLessThanOrEqual(1);
  }
  const plain = await roundTrip(floatTiff(values(0, 1)), { format: 'png' });
  expect(plain.encoded.bitDepth).toBe(16);
  expect(noticeCodes(plain)).toEqual(['depth-reduced']);
});

test('float alpha is kept as it is', async () => {
  const samples = values(0, 1, 4);
  const trip = await roundTrip(floatTiff(samples, 4, { tags: { 338: short(2) } }));
  expect(trip.before[0]!.alpha!.samples).toEqual(samples.filter((_, at) => at % 4 === 3));
  expect(trip.after[0]!.alpha!.samples).toEqual(trip.before[0]!.alpha!.samples);
});

test.each([
  ['signed integers', 2, new Int16Array(width * height)],
  ['32-bit integers', 1, new Uint32Array(width * height)],
  ['complex numbers', 6, new Float64Array(width * height)],
])('%s are refused by name', async (_, sampleFormat, samples) => {
  const page = plainPage({ width, height, channels: 1, samples, sampleFormat });
  await expect(opened(makeTiff({ pages: [page] }))).rejects.toMatchObject({
    code: 'image-layout-unsupported',
  });
});

test('mapping there and back gives back what was not touched', () => {
  const samples = values(-17.25, 1e6);
  const original = samples.slice();
  const range = { low: -17.25, high: 1e6 };
  mapToUnit(samples, range);
  const raster = { width, height, channels: 1 as const, samples };
  expect(mapFromUnit(raster, original.slice(), range)).toEqual(original);
});

test('H10, M12: what a network answers beyond the values of a file is held to them', () => {
  const range = { low: 0, high: 255 };
  const samples = Float32Array.of(1e37, -3e38, 0.5);
  const raster = { width: 3, height: 1, channels: 1 as const, samples };
  expect([...mapFromUnit(raster, Float32Array.of(0, 255, 127.5), range)]).toEqual([255, 0, 127.5]);
});
