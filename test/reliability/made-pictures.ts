import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { fromRaw, gentle8, noise16, noise8 } from '../fixtures/pictures.ts';
import { pngChunk, pngWithChunks } from '../fixtures/pictures-containers.ts';
import { makeTiff, plainPage } from '../fixtures/pictures-tiff.ts';

/** What a batch must make of a file: a result of a size, an error with one of some codes, or one of the two. */
export interface Made {
  readonly name: string;
  readonly bytes: Buffer;
  readonly size?: readonly [number, number];
  readonly codes?: RegExp;
  /** Words that the result must be told with. */
  readonly notice?: string;
}

const [width, height] = [64, 48];
const gentle = () => fromRaw({ width, height, channels: 3, samples: gentle8(width, height, 3) });

const encoders = {
  'baseline.jpg': () => gentle().jpeg().toBuffer(),
  'progressive.jpg': () => gentle().jpeg({ progressive: true }).toBuffer(),
  'plain.png': () => gentle().png().toBuffer(),
  'plain.tif': () => gentle().tiff({ compression: 'lzw' }).toBuffer(),
  'plain.webp': () => gentle().webp({ quality: 90 }).toBuffer(),
  'plain.avif': () => gentle().avif({ quality: 80 }).toBuffer(),
};

const broken = /^image-(empty|damaged)$|^not-a-picture$|^format-unsupported$/;

/** H2, H3: nothing, next to nothing, and the beginnings of pictures. */
export async function cutOff(): Promise<Made[]> {
  const made: Made[] = [
    { name: 'zero.png', bytes: Buffer.alloc(0), codes: /^image-empty$/ },
    { name: 'one.jpg', bytes: Buffer.from([0xff]), codes: broken },
  ];
  for (const [name, encode] of Object.entries(encoders)) {
    const whole = await encode();
    for (const [what, bytes] of [
      ['signature', 12],
      ['header', 40],
    ] as const) {
      made.push({ name: `${what}-${name}`, bytes: whole.subarray(0, bytes), codes: broken });
    }
    for (const percent of [10, 50, 90, 99]) {
      const bytes = whole.subarray(0, Math.floor((whole.length * percent) / 100));
      made.push({ name: `cut-${percent}-${name}`, bytes, codes: /^image-(empty|damaged)$/ });
    }
  }
  return made;
}

/** H5, H6: what is something else than its name says. `place` and `port` are where a drawing would reach. */
export async function misnamed(place: string, port: number): Promise<Made[]> {
  const png = await encoders['plain.png']();
  const jpeg = await encoders['baseline.jpg']();
  const none = /^(not-a-picture|format-unsupported|image-(empty|damaged))$/;
  const reach = `<image href="file://${place}"/><image href="http://127.0.0.1:${port}/x.png"/>`;
  const svg = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY secret SYSTEM "file://${place}">]>
    <svg xmlns="http://www.w3.org/2000/svg" width="64" height="48">${reach}<text>&secret;</text></svg>`;
  const others: Record<string, Buffer> = {
    'drawing.png': Buffer.from(svg),
    'drawing.webp': gzipSync(svg),
    'bomb.tif': gzipSync(Buffer.from(`<svg>${' '.repeat(6e7)}</svg>`)),
    'document.jpg': Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n'),
    'page.png': Buffer.from(`<html><img src="file://${place}"></html>`),
    'list.png': Buffer.from('["not", "a", "picture"]'),
    'archive.jpg': Buffer.from('PK\x03\x04\x14\0\0\0\0\0', 'latin1'),
    'film.png': Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'),
    'companion.png': Buffer.from([0, 5, 0x16, 7, 0, 2, 0, 0]),
    'numbers.tif': Buffer.from('1,2,3\n4,5,6\n'),
    'pixmap.png': Buffer.from('P6 2 2 255\n............', 'latin1'),
    'dump.png': Buffer.concat([Buffer.from([0xb6, 0xa6, 0xf2, 0x08]), Buffer.alloc(200)]),
    'words.jpg': Buffer.from('just text\n'.repeat(50)),
  };
  return [
    { name: 'png-inside.jpg', bytes: png, size: [width, height] },
    { name: 'jpeg-inside.tif', bytes: jpeg, size: [width, height] },
    ...Object.entries(others).map(([name, bytes]) => ({ name, bytes, codes: none })),
  ];
}

/** H20: every awkward size. `tile` is the side of a tile. */
export async function awkward(tile: number): Promise<Made[]> {
  const sizes: [number, number][] = [[1, 1], [1, 97], [97, 1], [3, 3], [13, 31], [tile - 1, 5], [tile + 1, 7], [5, tile]]; // prettier-ignore
  const made: Made[] = [];
  for (const [w, h] of sizes) {
    const bytes = await fromRaw({ width: w, height: h, channels: 3, samples: noise8(w * h * 3) }).png().toBuffer(); // prettier-ignore
    made.push({ name: `size-${w}x${h}.png`, bytes, size: [w, h] });
  }
  return made;
}

/** H21: pictures in which nothing is to be seen. */
export async function flat(): Promise<Made[]> {
  const made: Made[] = [];
  const flats = { grey: () => 128, black: () => 0, white: () => 255, board: (x: number, y: number) => ((x + y) % 2) * 255 }; // prettier-ignore
  for (const [name, value] of Object.entries(flats)) {
    const samples = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return value(pixel % width, Math.floor(pixel / width));
    });
    const bytes = await fromRaw({ width, height, channels: 3, samples }).png().toBuffer();
    made.push({ name: `flat-${name}.png`, bytes, size: [width, height] });
  }
  return made;
}

/** H7–H17: kinds of samples, pages and headers that the collection of files has few of. */
export async function unusual(): Promise<Made[]> {
  const cmyk = await gentle().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
  const deep = { width, height, channels: 3 as const, samples: noise16(width * height * 3) };
  const floats = Float32Array.from({ length: width * height }, (_, at) => (at === 7 ? NaN : at * 1e28));
  const page = (more: object) =>
    plainPage({ width, height, channels: 1, samples: gentle8(width, height, 1), ...more });
  const lying = Buffer.from(await encoders['plain.png']());
  lying.writeUInt32BE(60_000, 16);
  lying.writeUInt32BE(60_000, 20);
  const apng = pngWithChunks(await encoders['plain.png'](), pngChunk('acTL', '\0\0\0\x02\0\0\0\0'));
  return [
    { name: 'cmyk.jpg', bytes: cmyk, size: [width, height], notice: 'colour' },
    { name: 'deep.png', bytes: await fromRaw(deep).png().toBuffer(), size: [width, height] },
    { name: 'floats.tif', bytes: makeTiff({ pages: [page({ samples: floats, sampleFormat: 3 })] }), codes: /^image-not-finite$/ }, // prettier-ignore
    {
      name: 'big.tif',
      bytes: makeTiff({ big: true, littleEndian: false, pages: [page({})] }),
      size: [width, height],
    },
    { name: 'pages.tif', bytes: makeTiff({ pages: [page({}), page({}), page({})] }), size: [width, height] },
    { name: 'moving.png', bytes: apng, size: [width, height], notice: 'frames' },
    { name: 'bomb.png', bytes: lying, codes: /^image-(too-large|damaged)$/ },
    { name: 'chunks.png', bytes: pngWithChunks(await encoders['plain.png'](), ...Array.from({ length: 20_000 }, () => pngChunk('tEXt', 'a\0b'))), size: [width, height] }, // prettier-ignore
    { name: 'turned.jpg', bytes: await gentle().withMetadata({ orientation: 6 }).jpeg().toBuffer(), size: [height, width] }, // prettier-ignore
  ];
}

export async function writeMade(folder: string, made: readonly Made[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, bytes } of made) await writeFile(join(folder, name), bytes);
}

/** Brightness of a picture, as far apart as it is from its mean at most, from 0 to 255. */
export async function spreadOf(file: string): Promise<{ mean: number; spread: number }> {
  const samples = await sharp(file).removeAlpha().raw().toBuffer();
  const mean = samples.reduce((sum, one) => sum + one, 0) / samples.length;
  const furthest = samples.reduce((most, one) => Math.max(most, Math.abs(one - mean)), 0);
  return { mean, spread: furthest };
}

/** A grey PNG of so many pixels, all of one value, in a file of some hundred kilobytes. */
export async function claimingPng(file: string, width: number, height: number): Promise<void> {
  const create = { width, height, channels: 3 as const, background: '#777' };
  await sharp({ create, limitInputPixels: false }).png({ compressionLevel: 9 }).toFile(file);
}
