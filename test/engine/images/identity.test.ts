import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { isPlain, readTiff } from '../../../engine/images/tiff-file.ts';
import { readSamples } from '../../../engine/images/tiff-samples.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { fromRaw, noise16, noise8, processorSeconds, rawPicture } from '../../fixtures/pictures.ts';
import { inOrder, long, makeTiff, plainPage, short, type AnySamples } from '../../fixtures/pictures-tiff.ts';
import { noticeCodes, roundTrip, type RoundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

/** Nothing of the samples has changed between the first decoding and the second. */
function expectSame({ before, after }: RoundTrip): void {
  expect(after.length).toBe(before.length);
  before.forEach((page, index) => {
    const { raster, alpha } = after[index]!;
    expect([raster.width, raster.height, raster.channels]).toEqual([
      page.raster.width,
      page.raster.height,
      page.raster.channels,
    ]);
    expect(raster.samples.constructor).toBe(page.raster.samples.constructor);
    expect(raster.samples).toEqual(page.raster.samples);
    expect(alpha?.samples).toEqual(page.alpha?.samples);
  });
}

/** What the decoded page must be, from the interleaved samples that went into the file. */
function expectDecoded(trip: RoundTrip, samples: AnySamples, channels: number): void {
  const { raster, alpha } = trip.before[0]!;
  const colours = raster.channels;
  const pick = (wanted: (channel: number) => boolean) =>
    Array.from(samples).filter((_, at) => wanted(at % channels));
  expect(Array.from(raster.samples)).toEqual(pick((channel) => channel < colours));
  if (channels > colours) expect(Array.from(alpha!.samples)).toEqual(pick((channel) => channel === colours));
  else expect(alpha).toBeNull();
}

const kinds = [1, 2, 3, 4].flatMap((channels) => [8, 16].map((bits) => ({ channels, bits })));

test.each(kinds)(
  'H9: a PNG of $channels channels and $bits bits keeps every sample',
  async ({ channels, bits }) => {
    const picture = rawPicture(channels as 1, bits as 8);
    const trip = await roundTrip(await fromRaw(picture).png().toBuffer());
    expect(trip.image.summary).toMatchObject({
      format: 'png',
      bitDepth: bits,
      channels: channels < 3 ? 1 : 3,
    });
    expect(trip.encoded).toMatchObject({ format: 'png', bitDepth: bits, extension: 'png' });
    expectDecoded(trip, picture.samples, channels);
    expectSame(trip);
    expect(noticeCodes(trip)).toEqual([]);
  },
);

test.each(kinds)(
  'H9: a TIFF of $channels channels and $bits bits keeps every sample',
  async ({ channels, bits }) => {
    const picture = rawPicture(channels as 1, bits as 8);
    const trip = await roundTrip(await fromRaw(picture).tiff({ compression: 'lzw' }).toBuffer());
    expectDecoded(trip, picture.samples, channels);
    expectSame(trip);
    // A reader that is not ours sees the same samples and the same depth.
    const deep = bits === 16;
    const space = channels < 3 ? 'grey16' : deep ? 'rgb16' : 'srgb';
    const other = sharp(trip.encoded.bytes);
    expect(await other.metadata()).toMatchObject({
      channels,
      depth: deep ? 'ushort' : 'uchar',
      orientation: 1,
    });
    if (deep || channels > 2) {
      const { data } = await other
        .toColourspace(space)
        .raw({ depth: deep ? 'ushort' : 'uchar' })
        .toBuffer({ resolveWithObject: true });
      const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
      expect(Array.from(samples)).toEqual(Array.from(picture.samples));
    }
  },
);

test.each([3, 4] as const)('a lossless WebP of %i channels stays lossless', async (channels) => {
  const picture = rawPicture(channels, 8);
  const trip = await roundTrip(await fromRaw(picture).webp({ lossless: true, exact: true }).toBuffer());
  expectDecoded(trip, picture.samples, channels);
  expectSame(trip);
});

test('H13: colour under full transparency is neither lost nor mixed into its surroundings', async () => {
  const picture = rawPicture(4, 8);
  const samples = picture.samples.map((value, at) => (at % 4 === 3 ? (at % 8 === 3 ? 0 : value) : value));
  const trip = await roundTrip(
    await fromRaw({ ...picture, samples })
      .png()
      .toBuffer(),
  );
  expectDecoded(trip, samples, 4);
  expectSame(trip);
});

test('H12: a palette is expanded without changing a colour, and that is said', async () => {
  const colours = noise8(3 * 40);
  const width = 30;
  const indices = noise8(width * 20).map((value) => value % 40);
  const samples = Uint8Array.from(
    { length: width * 20 * 3 },
    (_, at) => colours[indices[Math.floor(at / 3)]! * 3 + (at % 3)]!,
  );
  const palette = await sharp(samples, { raw: { width, height: 20, channels: 3 } })
    .png({ palette: true, effort: 10, dither: 0 })
    .toBuffer();
  expect((await sharp(palette).metadata()).isPalette).toBe(true);
  const trip = await roundTrip(palette);
  expectDecoded(trip, samples, 3);
  expectSame(trip);
  expect(noticeCodes(trip)).toContain('palette-expanded');
});

const layouts = [
  { name: 'uncompressed, one strip', options: {} },
  { name: 'uncompressed, strips of 7 rows', options: { rowsPerStrip: 7 } },
  { name: 'deflated', options: { deflate: true, rowsPerStrip: 5 } },
  { name: 'big-endian', options: { littleEndian: false } },
  { name: 'big-endian and deflated', options: { littleEndian: false, deflate: true } },
  { name: 'BigTIFF', options: { big: true, rowsPerStrip: 9 } },
  { name: 'big-endian BigTIFF', options: { big: true, littleEndian: false } },
];
const depths = [
  { type: '8 bits', samples: (length: number) => noise8(length), format: 1 },
  { type: '16 bits', samples: (length: number) => noise16(length), format: 1 },
  { type: '32-bit float', samples: (length: number) => floats(length), format: 3 },
];

function floats(length: number): Float32Array {
  return Float32Array.from(noise16(length), (value) => value / 65536);
}

test.each(layouts.flatMap((layout) => depths.map((depth) => ({ ...layout, ...depth }))))(
  'H11: a TIFF of $type, $name, keeps every sample, grey and RGB',
  async ({ options, samples: make, format }) => {
    for (const channels of [1, 3]) {
      const samples = make(23 * 19 * channels);
      const {
        littleEndian = true,
        big = false,
        ...rest
      } = options as { littleEndian?: boolean; big?: boolean };
      const page = plainPage({
        width: 23,
        height: 19,
        channels,
        samples,
        sampleFormat: format,
        littleEndian,
        ...rest,
      });
      const trip = await roundTrip(makeTiff({ littleEndian, big, pages: [page] }));
      expectDecoded(trip, samples, channels);
      expectSame(trip);
      expect(noticeCodes(trip)).toEqual([]);
    }
  },
);

test('planes, tiles and white-is-zero are read as what they show', async () => {
  const [width, height] = [21, 18];
  const planes = [1, 2, 3].map((seed) => noise8(width * height, seed));
  const rgb = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => planes[at % 3]![Math.floor(at / 3)]!,
  );
  const tags = {
    256: long(width),
    257: long(height),
    258: short(8, 8, 8),
    259: short(1),
    262: short(2),
    277: short(3),
  };
  const planar = makeTiff({
    pages: [{ tags: { ...tags, 278: long(height), 284: short(2) }, chunks: planes }],
  });
  expectDecoded(await roundTrip(planar), rgb, 3);

  const tile = (left: number, top: number) =>
    Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => {
      const [x, y] = [left + (Math.floor(at / 3) % 16), top + Math.floor(at / 48)];
      return x < width && y < height ? rgb[(y * width + x) * 3 + (at % 3)]! : 99;
    });
  const chunks = [tile(0, 0), tile(16, 0), tile(0, 16), tile(16, 16)];
  const tiled = makeTiff({
    pages: [{ tags: { ...tags, 322: long(16), 323: long(16) }, chunks, tiled: true }],
  });
  expectDecoded(await roundTrip(tiled), rgb, 3);

  const grey = planes[0]!;
  const inverted = makeTiff({
    pages: [plainPage({ width, height, channels: 1, samples: grey, photometric: 0 })],
  });
  const trip = await roundTrip(inverted);
  expectDecoded(
    trip,
    grey.map((value) => 255 - value),
    1,
  );
  expectSame(trip);
});

test.each(['lzw', 'deflate', 'packbits', 'none'] as const)(
  'a TIFF compressed as %s by another writer is read exactly',
  async (compression) => {
    for (const picture of [rawPicture(3, 8), rawPicture(1, 16), rawPicture(4, 16)]) {
      for (const predictor of ['none', 'horizontal'] as const) {
        for (const tile of [true, false]) {
          const bytes = await fromRaw(picture)
            .tiff({ compression, predictor, tile, tileWidth: 16, tileHeight: 16 })
            .toBuffer();
          expectDecoded(await roundTrip(bytes), picture.samples, picture.channels);
        }
      }
    }
  },
);

test.each(['lzw', 'deflate'] as const)(
  'long runs and long strings of %s are read exactly',
  async (compression) => {
    const [width, height] = [700, 60];
    const samples = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
      at < 60000 ? 7 : (at * at) >> 9,
    );
    const picture = { width, height, channels: 3 as const, samples };
    const bytes = await fromRaw(picture).tiff({ compression, predictor: 'none' }).toBuffer();
    expectDecoded(await roundTrip(bytes), samples, 3);
  },
);

test('float samples stored with the float predictor are read exactly', async () => {
  const [width, height] = [13, 9];
  const samples = Float32Array.from(noise16(width * height * 3), (value) => value / 65535);
  const rowBytes = width * 3 * 4;
  const stored = Buffer.alloc(samples.byteLength);
  for (let row = 0; row < height; row++) {
    const planes = Buffer.alloc(rowBytes);
    for (let at = 0; at < width * 3; at++) {
      const value = Buffer.alloc(4);
      value.writeFloatBE(samples[row * width * 3 + at]!);
      for (let byte = 0; byte < 4; byte++) planes[byte * width * 3 + at] = value[byte]!;
    }
    for (let at = rowBytes - 1; at >= 3; at--) planes[at] = planes[at]! - planes[at - 3]!;
    planes.copy(stored, row * rowBytes);
  }
  const { deflateSync } = await import('node:zlib');
  const page = plainPage({
    width,
    height,
    channels: 3,
    samples,
    sampleFormat: 3,
    tags: { 259: short(8), 317: short(3) },
  });
  const trip = await roundTrip(makeTiff({ pages: [{ ...page, chunks: [deflateSync(stored)] }] }));
  expectDecoded(trip, samples, 3);
  expectSame(trip);
});

test('colour with alpha multiplied into it stays as it is, and is said to be so', async () => {
  const samples = noise8(20 * 20 * 4);
  const page = plainPage({ width: 20, height: 20, channels: 4, samples, tags: { 338: short(1) } });
  const trip = await roundTrip(makeTiff({ pages: [page] }));
  expectDecoded(trip, samples, 4);
  expectSame(trip);
  expect(trip.again.header.tiff!.pages[0]!.extra).toBe('associated');
});

test('H14: every page of a stack is kept, whatever its size, depth and number of channels', async () => {
  const samples = [noise8(12 * 10), noise16(9 * 11 * 3), floats(7 * 5), noise8(8 * 8 * 4)] as const;
  const pages = [
    plainPage({
      width: 12,
      height: 10,
      channels: 1,
      samples: samples[0],
      tags: { 270: { type: 2, bytes: 'one\0' } },
    }),
    plainPage({
      width: 9,
      height: 11,
      channels: 3,
      samples: samples[1],
      tags: { 270: { type: 2, bytes: 'two\0' } },
    }),
    plainPage({ width: 8, height: 8, channels: 4, samples: samples[3], tags: { 338: short(2) } }),
  ];
  const trip = await roundTrip(makeTiff({ pages }));
  expect(trip.image.summary.pages).toBe(3);
  expect(trip.encoded.pages).toBe(3);
  expect(trip.after.map(({ raster }) => [raster.width, raster.height, raster.channels])).toEqual([
    [12, 10, 1],
    [9, 11, 3],
    [8, 8, 3],
  ]);
  expectSame(trip);
  expect(trip.after.map(({ raster }) => raster.samples.BYTES_PER_ELEMENT)).toEqual([1, 2, 1]);
  expect((await sharp(trip.encoded.bytes).metadata()).pages).toBe(3);
});

test('a stack with a table of colours, as microscopes write it, shows those colours on every page', async () => {
  const indices = noise8(6 * 5);
  const map = Array.from({ length: 768 }, (_, at) => ((at * 37) % 256) * 256 + 255);
  const pages = Array.from({ length: 12 }, () =>
    plainPage({
      width: 6,
      height: 5,
      channels: 1,
      samples: indices,
      photometric: 3,
      tags: { 320: short(...map) },
    }),
  );
  const trip = await roundTrip(makeTiff({ pages }));
  const colours = [...indices].flatMap((index) => [0, 256, 512].map((plane) => map[plane + index]! >> 8));
  expect([...trip.before[11]!.raster.samples]).toEqual(colours);
  expectSame(trip);
  expect(noticeCodes(trip)).toEqual(['palette-expanded']);
  // The library agrees on the first page.
  expect([
    ...(await sharp(makeTiff({ pages: pages.slice(0, 1) }))
      .raw()
      .toBuffer()),
  ]).toEqual(colours);
});

test('our own LZW, used for stacks and floats, agrees with the library', async () => {
  const picture = {
    width: 300,
    height: 80,
    channels: 3 as const,
    samples: noise8(72_000).map((value, at) => (at < 30_000 ? 5 : value & 31)),
  };
  for (const samples of [picture.samples, noise8(72_000)]) {
    for (const predictor of ['none', 'horizontal'] as const) {
      const bytes = await fromRaw({ ...picture, samples })
        .tiff({ compression: 'lzw', predictor })
        .toBuffer();
      const { structure, pages } = readTiff(bytes);
      expect(isPlain(pages[0]!, 1)).toBe(false);
      expect(isPlain(pages[0]!, 9)).toBe(true);
      expect((await readSamples(structure, pages[0]!, false)).colour).toEqual(samples);
    }
  }
});

test('H14: a stack of 2,000 pages takes seconds', async () => {
  const pages = Array.from({ length: 2000 }, (_, index) =>
    plainPage({ width: 16, height: 16, channels: 1, samples: noise16(256, index), rowsPerStrip: 16 }),
  );
  const seconds = await processorSeconds(async () => {
    const trip = await roundTrip(makeTiff({ pages }));
    expect(trip.encoded.pages).toBe(2000);
    expectSame({ ...trip, before: [trip.before[1999]!], after: [trip.after[1999]!] });
  });
  expect(seconds).toBeLessThan(10);
});

test('bytes are put in the order of the file', () => {
  expect([...inOrder(Uint16Array.of(0x0102), false)]).toEqual([1, 2]);
});
