import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatName, imageFormats } from '../../../contract/image.ts';
import { decodePage } from '../../../engine/images/decode.ts';
import { toDepth } from '../../../engine/images/depth.ts';
import { encodeImage, verifyEncoded } from '../../../engine/images/encode.ts';
import { openImage } from '../../../engine/images/open.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import type { Samples } from '../../../model/image.ts';
import {
  fromRaw,
  gentle8,
  noise16,
  pictureFile,
  rawPicture,
  type RawPicture,
} from '../../fixtures/pictures.ts';
import {
  jpegSegment,
  jpegWithSegments,
  pngChunk,
  pngWithChunks,
} from '../../fixtures/pictures-containers.ts';
import { inOrder, makeTiff, plainPage, short } from '../../fixtures/pictures-tiff.ts';
import { asSource, noticeCodes, opened, roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

const [width, height] = [48, 32];
const gentle = (channels: 1 | 2 | 3 | 4): RawPicture => ({
  width,
  height,
  channels,
  samples: gentle8(width, height, channels),
});

function worst(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  return Array.from(one).reduce((most, value, at) => Math.max(most, Math.abs(value - other[at]!)), 0);
}

describe('samples of another depth', () => {
  test('are rounded, not cut off', () => {
    const samples = Uint16Array.of(0, 128, 129, 257, 32767, 65406, 65407, 65535);
    // 65535 / 255 is 257: halfway lies at 128.5.
    expect([...toDepth(samples, 8)]).toEqual([0, 0, 1, 1, 127, 254, 255, 255]);
    expect([...toDepth(Uint8Array.of(0, 1, 128, 255), 16)]).toEqual([0, 257, 128 * 257, 65535]);
    expect([...toDepth(Float32Array.of(-1, 0, 0.5, 1, 2), 8)]).toEqual([0, 0, 128, 255, 255]);
    expect([...toDepth(Float32Array.of(1 / 65535), 16)]).toEqual([1]);
    expect([...toDepth(Uint8Array.of(255), 32)]).toEqual([1]);
    expect(toDepth(samples, 16)).toBe(samples);
  });

  test('come back the same when 8 bits go through 16', () => {
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect(toDepth(toDepth(all, 16), 8)).toEqual(all);
    expect(toDepth(toDepth(all, 32), 8)).toEqual(all);
  });

  test.each([
    { from: 16, to: 8, notice: [] },
    { from: 8, to: 16, notice: [] },
  ] as const)('are written as asked for, from $from to $to bits', async ({ from, to, notice }) => {
    const picture = rawPicture(3, from);
    for (const format of ['png', 'tiff'] as const) {
      const trip = await roundTrip(await fromRaw(picture).png().toBuffer(), { format, bitDepth: to });
      expect(trip.encoded.bitDepth).toBe(to);
      expect(trip.after[0]!.raster.samples).toEqual(toDepth(picture.samples as Samples, to));
      expect(noticeCodes(trip)).toEqual(notice);
    }
  });

  test('that a format cannot hold are rounded, and that is said', async () => {
    const picture = rawPicture(3, 16);
    const png = await fromRaw(picture).png().toBuffer();
    for (const format of ['jpeg', 'webp'] as const) {
      const trip = await roundTrip(png, { format });
      expect(trip.encoded.notices).toEqual([{ code: 'depth-reduced', details: { source: 16, written: 8 } }]);
    }
    const avif = await roundTrip(png, { format: 'avif' });
    expect(avif.encoded.notices).toEqual([{ code: 'depth-reduced', details: { source: 16, written: 10 } }]);
    expect(avif.encoded.bitDepth).toBe(16);
  });
});

test.each([1, 2, 4])('H12: grey of %i bits is spread over 8, and that is said', async (bits) => {
  const levels = 2 ** bits;
  const samples = Uint8Array.from(
    { length: width * height },
    (_, at) => ((at * 7) % levels) * (255 / (levels - 1)),
  );
  const bytes = await sharp(samples, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ palette: true, colours: levels })
    .toBuffer();
  const bitdepth = { 1: 1, 2: 2, 4: 4 }[bits] as 1 | 2 | 4;
  const tiff = await sharp(samples, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ bitdepth, compression: 'deflate', predictor: 'none' })
    .toBuffer();
  const trip = await roundTrip(tiff);
  expect(trip.before[0]!.raster.samples).toEqual(samples);
  expect(trip.after[0]!.raster.samples).toEqual(samples);
  expect(trip.encoded.notices).toEqual([{ code: 'depth-raised', details: { source: bits, written: 8 } }]);
  const png = await roundTrip(bytes);
  expect(
    worst(
      png.before[0]!.raster.samples.filter((_, at) => at % png.before[0]!.raster.channels === 0),
      samples,
    ),
  ).toBeLessThan(2);
});

test.each(['avif', 'webp', 'jpeg'] as const)(
  'a %s keeps a gentle picture within a few steps, and alpha exactly or nearly, as is said',
  async (format) => {
    const picture = gentle(format === 'jpeg' ? 3 : 4);
    const alpha = picture.samples.map((value, at) => (at % 4 === 3 ? (at * 31) % 256 : value));
    const samples = format === 'jpeg' ? picture.samples : alpha;
    const trip = await roundTrip(
      await fromRaw({ ...picture, samples })
        .toFormat(format, { quality: 95, chromaSubsampling: '4:4:4' })
        .toBuffer(),
    );
    expect(worst(trip.after[0]!.raster.samples, trip.before[0]!.raster.samples)).toBeLessThan(16);
    if (format === 'webp') expect(trip.after[0]!.alpha!.samples).toEqual(trip.before[0]!.alpha!.samples);
    if (format === 'avif')
      expect(worst(trip.after[0]!.alpha!.samples, trip.before[0]!.alpha!.samples)).toBeLessThan(8);
    expect(noticeCodes(trip)).toEqual(format === 'avif' ? ['alpha-lossy'] : []);
  },
);

test.each([10, 12] as const)(
  'an AVIF of %i bits stays one, its white is white, and grey is grey',
  async (bitdepth) => {
    const samples = Uint16Array.from(
      { length: width * height * 3 },
      (_, at) => (Math.floor(at / 3) % width) * Math.floor(65535 / (width - 1)),
    );
    const picture = { width, height, channels: 3 as const, samples };
    const bytes = await fromRaw(picture).avif({ bitdepth, lossless: true }).toBuffer();
    const trip = await roundTrip(bytes, { quality: 100 });
    expect(trip.image.summary.bitDepth).toBe(16);
    expect((await sharp(trip.encoded.bytes).metadata()).bitsPerSample).toBe(bitdepth);
    const before = trip.before[0]!.raster.samples;
    expect(Math.max(...before)).toBeGreaterThan(65000);
    expect(worst(trip.after[0]!.raster.samples, before)).toBeLessThan(65536 / 64);
    expect(noticeCodes(trip)).toEqual([]);
    // Every value that 10 or 12 bits can hold survives the way through 16 and back.
    const { roundedTo } = await import('../../../engine/images/depth.ts');
    const all = Uint16Array.from({ length: 2 ** bitdepth }, (_, at) =>
      Math.round((at * 65535) / (2 ** bitdepth - 1)),
    );
    expect([...roundedTo(all, bitdepth)].map((value) => value >> (16 - bitdepth))).toEqual([...all.keys()]);
  },
);

describe('H7: CMYK', () => {
  test('of 8 bits comes out as RGB of the colours that were meant, and that is said', async () => {
    // Soft colours lie inside what ink can show.
    const picture = { ...gentle(3), samples: gentle(3).samples.map((value) => 90 + (value >> 2)) };
    for (const make of ['jpeg', 'tiff'] as const) {
      const bytes = await fromRaw(picture)
        .toColourspace('cmyk')
        .toFormat(make, { quality: 100, chromaSubsampling: '4:4:4', compression: 'lzw' })
        .toBuffer();
      const trip = await roundTrip(bytes);
      expect(trip.image.summary).toMatchObject({ channels: 3, alpha: false, format: make });
      expect(worst(trip.before[0]!.raster.samples, picture.samples)).toBeLessThan(24);
      expect(noticeCodes(trip)).toEqual(['colour-converted']);
      expect((await sharp(trip.encoded.bytes).metadata()).hasProfile).toBe(false);
    }
  });

  test('of 16 bits keeps 16 bits', async () => {
    const samples = Uint16Array.from({ length: width * height * 4 }, (_, at) =>
      at % 4 === 3 ? 0 : 2000 + ((at * 131) % 12000),
    );
    const page = plainPage({ width, height, channels: 4, samples, photometric: 5 });
    const trip = await roundTrip(makeTiff({ pages: [page] }));
    expect(trip.encoded).toMatchObject({ bitDepth: 16, channels: 3 });
    // Little ink on white paper is light.
    expect(Math.min(...trip.before[0]!.raster.samples)).toBeGreaterThan(40000);
  });

  test('with a profile is converted through it, and the profile is not written to the RGB', async () => {
    const bytes = await fromRaw(gentle(3))
      .toColourspace('cmyk')
      .withIccProfile('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    expect((await sharp(bytes).metadata()).hasProfile).toBe(true);
    const trip = await roundTrip(bytes);
    expect((await sharp(trip.encoded.bytes).metadata()).hasProfile).toBe(false);
    expect(worst(trip.before[0]!.raster.samples, gentle(3).samples)).toBeLessThan(60);
  });
});

test('H8: Lab of 16 bits comes out as RGB, and that is said', async () => {
  // L from 0 to 100 over all 16 bits; a and b signed, 0 is neutral (TIFF 6.0, section 23).
  const samples = Uint16Array.from({ length: width * height * 3 }, (_, at) =>
    at % 3 === 0 ? (Math.floor(at / 3) % width) * 1300 : 0,
  );
  const page = plainPage({ width, height, channels: 3, samples, photometric: 8 });
  const trip = await roundTrip(makeTiff({ pages: [page] }));
  const { raster } = trip.before[0]!;
  expect(raster.samples.constructor).toBe(Uint16Array);
  for (let x = 1; x < width; x++) {
    expect(raster.samples[x * 3]!).toBeGreaterThan(raster.samples[x * 3 - 3]!);
    expect(
      worst(
        [raster.samples[x * 3 + 1]!, raster.samples[x * 3 + 2]!],
        [raster.samples[x * 3]!, raster.samples[x * 3]!],
      ),
    ).toBeLessThan(400);
  }
  expect(trip.encoded.notices).toEqual([
    { code: 'colour-converted', details: { source: 'Lab', written: 'RGB' } },
  ]);
});

describe('H14: animations', () => {
  async function frames(format: 'gif' | 'webp'): Promise<Buffer> {
    const flat = (level: number) => ({
      create: { width, height, channels: 3 as const, background: { r: level, g: 10, b: 10 } },
    });
    const pages = await Promise.all([40, 120, 200].map((level) => sharp(flat(level)).png().toBuffer()));
    return await sharp(pages, { join: { animated: true } })
      .toFormat(format, { lossless: true })
      .toBuffer();
  }

  test('of WebP give their first frame', async () => {
    const trip = await roundTrip(await frames('webp'));
    expect(trip.encoded.notices).toEqual([{ code: 'first-frame-only', details: { frames: 3 } }]);
    expect(trip.after[0]!.raster.samples[0]).toBe(40);
    expect((await sharp(trip.encoded.bytes).metadata()).pages ?? 1).toBe(1);
  });

  test('of GIF give their first frame as PNG', async () => {
    const trip = await roundTrip(await frames('gif'));
    expect(trip.image.summary).toMatchObject({ format: 'gif', pages: 1 });
    expect(trip.encoded).toMatchObject({ format: 'png', extension: 'png' });
    expect(noticeCodes(trip)).toEqual(['first-frame-only', 'format-changed']);
    expect(worst(trip.after[0]!.raster.samples.subarray(0, 3), [40, 10, 10])).toBeLessThan(4);
  });

  test('of PNG are known by their chunk', async () => {
    const control = Buffer.alloc(8);
    control.writeUInt32BE(5);
    const bytes = pngWithChunks(await fromRaw(gentle(3)).png().toBuffer(), pngChunk('acTL', control));
    const trip = await roundTrip(bytes);
    expect(trip.encoded.notices).toEqual([{ code: 'first-frame-only', details: { frames: 5 } }]);
    expect(trip.encoded.bytes.includes('acTL')).toBe(false);
    expect(trip.after[0]!.raster.samples).toEqual(gentle(3).samples);
  });

  test('a transparent GIF keeps its transparency', async () => {
    const samples = gentle(4).samples.map((value, at) => (at % 4 === 3 ? (at % 32 < 16 ? 0 : 255) : value));
    const trip = await roundTrip(
      await fromRaw({ ...gentle(4), samples })
        .gif({ dither: 0 })
        .toBuffer(),
    );
    expect(trip.image.summary.alpha).toBe(true);
    expect([...trip.after[0]!.alpha!.samples]).toEqual([...samples.filter((_, at) => at % 4 === 3)]);
  });
});

test('brightness and colour keep the resolution they were stored with, and full resolution by default', async () => {
  for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
    const bytes = await fromRaw(gentle(3)).jpeg({ chromaSubsampling }).toBuffer();
    const { encoded } = await roundTrip(bytes);
    expect((await sharp(encoded.bytes).metadata()).chromaSubsampling).toBe(chromaSubsampling);
  }
  const { encoded } = await roundTrip(await fromRaw(gentle(3)).png().toBuffer(), { format: 'jpeg' });
  expect((await sharp(encoded.bytes).metadata()).chromaSubsampling).toBe('4:4:4');
});

test('quality decides the size of a JPEG', async () => {
  const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  const sizes = [];
  for (const quality of [50, 95])
    sizes.push((await roundTrip(png, { format: 'jpeg', quality })).encoded.bytes.length);
  expect(sizes[1]!).toBeGreaterThan(sizes[0]! * 1.5);
});

test.each(imageFormats)('grey stays grey in %s, or comes back as equal channels', async (format) => {
  const trip = await roundTrip(await fromRaw(gentle(1)).png().toBuffer(), { format });
  const { raster } = trip.after[0]!;
  expect(raster.channels).toBe(format === 'webp' || format === 'avif' ? 3 : 1);
  if (raster.channels === 3)
    expect(
      worst(
        raster.samples.filter((_, at) => at % 3 === 0),
        raster.samples.filter((_, at) => at % 3 === 2),
      ),
    ).toBeLessThan(6);
});

test('a JPEG shows what was transparent on white, and that is said', async () => {
  const samples = Uint8Array.from({ length: width * height * 4 }, (_, at) =>
    at % 4 === 3 ? (Math.floor(at / 4) % width < 24 ? 0 : 255) : 10,
  );
  const trip = await roundTrip(
    await fromRaw({ ...gentle(4), samples })
      .png()
      .toBuffer(),
    { format: 'jpeg', quality: 100 },
  );
  expect(trip.encoded.notices).toEqual([{ code: 'alpha-lost', details: { format: formatName.jpeg } }]);
  const { samples: shown } = trip.after[0]!.raster;
  expect(worst([shown[0]!, shown[(width - 1) * 3]!], [255, 10])).toBeLessThan(4);
});

test('colour with alpha multiplied into it is divided again for formats that cannot say so', async () => {
  const samples = Uint8Array.from({ length: width * height * 4 }, (_, at) => (at % 4 === 3 ? 128 : 50));
  const page = plainPage({ width, height, channels: 4, samples, tags: { 338: short(1) } });
  const trip = await roundTrip(makeTiff({ pages: [page] }), { format: 'png' });
  expect(trip.after[0]!.raster.samples[0]).toBe(Math.round((50 * 255) / 128));
  expect(trip.after[0]!.alpha!.samples[0]).toBe(128);
});

test('H5: the ending of the name is kept where it is right, and corrected where it is not', async () => {
  const bytes = await fromRaw(gentle(3)).jpeg().toBuffer();
  const named = async (name: string, format: 'same' | 'png' = 'same') => {
    const image = await openImage(await pictureFile(bytes, name));
    const { extension, notices } = await encodeImage(image, [await decodePage(image, 0)], {
      ...asSource,
      format,
    });
    return [extension, ...notices.map(({ code }) => code)];
  };
  expect(await named('a.JPG')).toEqual(['JPG']);
  expect(await named('a.jpeg')).toEqual(['jpeg']);
  expect(await named('a')).toEqual(['jpg']);
  expect(await named('a.png')).toEqual(['jpg', 'extension-corrected']);
  expect(await named('a.jpg', 'png')).toEqual(['png']);
});

test('only the first page fits into other formats, and that is said', async () => {
  const pages = [1, 2, 3].map(() =>
    plainPage({ width, height, channels: 1, samples: gentle8(width, height, 1) }),
  );
  const trip = await roundTrip(makeTiff({ pages }), { format: 'png' });
  expect(trip.encoded.notices).toEqual([{ code: 'pages-lost', details: { pages: 3, format: 'PNG' } }]);
  expect(trip.after[0]!.raster.samples).toEqual(gentle8(width, height, 1));
});

test('further pictures in a JPEG and content credentials are left out, and that is said', async () => {
  const index = Buffer.alloc(64);
  index.write('MPF\0II*\0', 'latin1');
  index.writeUInt32LE(8, 8);
  index.writeUInt16LE(1, 12);
  index.writeUInt16LE(0xb001, 14);
  index.writeUInt32LE(3, 22);
  const jpeg = jpegWithSegments(
    await fromRaw(gentle(3)).jpeg().toBuffer(),
    jpegSegment(0xe2, index),
    jpegSegment(0xeb, 'JP\0\x01credentials'),
  );
  const trip = await roundTrip(jpeg);
  expect(noticeCodes(trip)).toEqual(['pages-not-kept', 'signature-lost']);
  expect(trip.encoded.bytes.includes('credentials')).toBe(false);
  expect(trip.encoded.bytes.includes('MPF')).toBe(false);
});

test('big-endian samples of a converted page are read in their order', async () => {
  const samples = noise16(width * height * 3);
  const page = plainPage({ width, height, channels: 3, samples, littleEndian: false });
  const trip = await roundTrip(makeTiff({ littleEndian: false, pages: [page] }), { format: 'png' });
  expect(trip.after[0]!.raster.samples).toEqual(samples);
  expect(inOrder(samples, true).readUInt16LE(0)).toBe(samples[0]);
});

test('a side longer than the format allows is refused with the number', async () => {
  const picture = { width: 16_400, height: 2, channels: 1 as const, samples: new Uint8Array(32_800) };
  const image = await opened(await fromRaw(picture).png().toBuffer());
  const page = await decodePage(image, 0);
  await expect(encodeImage(image, [page], { ...asSource, format: 'webp' })).rejects.toMatchObject({
    code: 'image-too-large',
    details: { reason: { details: { most: 16_383 } } },
  });
});

test('a file that does not read back as it was meant is not verified', async () => {
  const { encoded } = await roundTrip(await fromRaw(gentle(3)).png().toBuffer());
  const wrong = [{ width: 1 }, { height: 1 }, { channels: 1 as const }, { pages: 2 }];
  for (const change of wrong) {
    await expect(verifyEncoded(encoded.bytes, { ...encoded, ...change }, 'out.png')).rejects.toMatchObject({
      code: 'output-not-verified',
      details: { file: 'out.png' },
    });
  }
  await expect(verifyEncoded(encoded.bytes.subarray(0, 20), encoded)).rejects.toMatchObject({
    code: 'output-not-verified',
  });
  await expect(verifyEncoded(Buffer.from('nothing of the kind'), encoded)).rejects.toMatchObject({
    code: 'output-not-verified',
  });
});

test('a depth that was asked for and that the format does not have is named', async () => {
  const png = await fromRaw(gentle(3)).png().toBuffer();
  const trip = await roundTrip(png, { format: 'webp', bitDepth: 16 });
  expect(trip.encoded.bitDepth).toBe(8);
  expect(trip.encoded.notices).toContainEqual({ code: 'depth-reduced', details: { source: 16, written: 8 } });
});
