import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { decodePage } from '../../engine/images/decode.ts';
import { createWriter, verifyEncoded } from '../../engine/images/encode.ts';
import { openImage } from '../../engine/images/open.ts';
import { prepareSharp } from '../../engine/images/prepare.ts';
import type { Samples } from '../../model/image.ts';
import {
  fromRaw,
  gentle8,
  noise16,
  pictureFile,
  randomNumbers,
  type RawPicture,
} from '../fixtures/pictures.ts';
import { ascii, makeTiff, plainPage, rational, short } from '../fixtures/pictures-tiff.ts';
import { asSource } from './images/round-trip.ts';

beforeAll(() => prepareSharp());

const [width, height] = [64, 48];
const picture: RawPicture = { width, height, channels: 3, samples: gentle8(width, height, 3) };
const exif = { IFD0: { Artist: 'A', Copyright: 'C' }, IFD3: { GPSLatitudeRef: 'N' } };
const told = () => fromRaw(picture).withExif(exif).withMetadata({ density: 300, orientation: 6 });

const kinds = {
  jpeg: () => told().jpeg().toBuffer(),
  'progressive JPEG': () => told().jpeg({ progressive: true }).toBuffer(),
  png: () => told().png().toBuffer(),
  'interlaced PNG': () => told().png({ progressive: true }).toBuffer(),
  'palette PNG': () => fromRaw(picture).png({ palette: true }).toBuffer(),
  webp: () => told().webp({ quality: 90 }).toBuffer(),
  'lossless WebP': () => told().webp({ lossless: true }).toBuffer(),
  avif: () => told().avif({ quality: 80 }).toBuffer(),
  gif: () => fromRaw(picture).gif().toBuffer(),
  'LZW TIFF': () => told().tiff({ compression: 'lzw', tile: true, tileWidth: 32, tileHeight: 32 }).toBuffer(),
  'JPEG TIFF': () => told().tiff({ compression: 'jpeg' }).toBuffer(),
  'deflated TIFF stack': () => Promise.resolve(stack(true)),
  'float TIFF': () => Promise.resolve(stack(false)),
};
type Kind = keyof typeof kinds;

function stack(deflate: boolean): Buffer {
  const samples = noise16(40 * 30);
  const tags = { 270: ascii('a page'), 282: rational(300, 1), 274: short(3) };
  const floats = Float32Array.from(samples, (value) => value);
  const page = { width: 40, height: 30, channels: 1, rowsPerStrip: 7, tags };
  return makeTiff({
    pages: deflate
      ? [plainPage({ ...page, samples, deflate }), plainPage({ ...page, samples, deflate })]
      : [plainPage({ ...page, samples: floats, sampleFormat: 3 })],
  });
}

interface Tried {
  readonly error: AppError | null;
  readonly codes: readonly string[];
  readonly samples: Samples | null;
}

/** What a batch does with the bytes; anything thrown that is not an AppError fails the test. */
async function tryBytes(bytes: Buffer, salvage: boolean): Promise<Tried> {
  const file = await pictureFile(bytes);
  try {
    const image = await openImage(file, { salvage });
    const writer = createWriter(image, asSource);
    let samples: Samples | null = null;
    for (let index = 0; index < image.summary.pages; index++) {
      const page = await decodePage(image, index);
      samples ??= page.raster.samples;
      await writer.add(page);
    }
    const encoded = await writer.finish();
    await verifyEncoded(encoded.bytes, encoded);
    return { error: null, codes: [...image.notices, ...encoded.notices].map(({ code }) => code), samples };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).not.toBe('internal');
    return { error, codes: [], samples: null };
  }
}

const names = Object.keys(kinds) as Kind[];

test.each(names)(
  'H3: a %s that is cut off is refused, or marked when salvaged, never half grey in silence',
  async (kind) => {
    const whole = await kinds[kind]();
    const good = (await tryBytes(whole, false)).samples;
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const strict = await tryBytes(cut, false);
      // Only what lies behind the pixels may be missed without a word.
      if (!strict.error) expect(strict.samples).toEqual(good);
      const salvaged = await tryBytes(cut, true);
      const marked = salvaged.codes.includes('damaged-salvaged');
      if (!salvaged.error && strict.error) expect(marked, `${kind} cut at ${share}`).toBe(true);
    }
  },
);

test.each(names)('H4: a %s with wrong bytes anywhere is decoded or refused with a reason', async (kind) => {
  const whole = await kinds[kind]();
  const next = randomNumbers(kind.length * 101);
  for (let round = 0; round < 30; round++) {
    const bytes = Buffer.from(whole);
    // Half of the rounds hit the first part, where headers and metadata are.
    const reach = round % 2 === 0 ? Math.min(600, bytes.length) : bytes.length;
    for (let hit = 0; hit <= round % 4; hit++) {
      const at = next() % reach;
      bytes[at] = [0, 0xff, next() % 256, bytes[at]! ^ (1 << (next() % 8))][next() % 4]!;
    }
    await tryBytes(bytes, round % 3 === 0);
  }
});

test.each(names)(
  'H4: a %s with a hole of zeros, doubled or with a tail is decoded or refused',
  async (kind) => {
    const whole = await kinds[kind]();
    const hole = Buffer.from(whole);
    hole.fill(0, Math.floor(whole.length / 2), Math.floor(whole.length / 2) + 64);
    const tail = Buffer.concat([whole, Buffer.from('a tail that belongs to nobody')]);
    for (const salvage of [false, true]) {
      await tryBytes(hole, salvage);
      await tryBytes(Buffer.concat([whole, whole]), salvage);
      expect((await tryBytes(tail, salvage)).error).toBeNull();
    }
  },
);

test('H4: wrong checksums in a PNG are refused, and read when salvaging', async () => {
  const png = await fromRaw(picture).png().toBuffer();
  png[png.length - 13]! ^= 1;
  expect((await tryBytes(png, false)).error?.code).toBe('image-damaged');
  expect((await tryBytes(png, true)).codes).toContain('damaged-salvaged');
});

test('the library shows no picture for what was refused by us as half there', async () => {
  const jpeg = await fromRaw(picture).jpeg().toBuffer();
  const half = jpeg.subarray(0, jpeg.length >> 1);
  await expect(sharp(half, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow();
  expect((await tryBytes(half, false)).error?.code).toBe('image-damaged');
});
