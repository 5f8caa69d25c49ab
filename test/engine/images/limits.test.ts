import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../contract/errors.ts';
import { decodePage } from '../../../engine/images/decode.ts';
import { foreseenMemory, mostPixels } from '../../../engine/images/memory.ts';
import { openImage, type OpenOptions } from '../../../engine/images/open.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { fromRaw, gentle8, processorSeconds, rawPicture } from '../../fixtures/pictures.ts';
import {
  jpegSegment,
  jpegWithSegments,
  pngChunk,
  pngWithChunks,
} from '../../fixtures/pictures-containers.ts';
import { long, makeTiff, plainPage, short } from '../../fixtures/pictures-tiff.ts';
import { noticeCodes, opened, roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

async function refusal(bytes: Uint8Array, options?: OpenOptions): Promise<AppError> {
  const error: unknown = await opened(bytes, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

/** The header of a real picture, changed to claim another size. */
async function claiming(
  format: 'png' | 'jpeg' | 'gif' | 'webp' | 'tiff',
  width: number,
  height: number,
): Promise<Buffer> {
  const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  switch (format) {
    case 'png': {
      const header = Buffer.from(png.subarray(16, 29));
      header.writeUInt32BE(width, 0);
      header.writeUInt32BE(height, 4);
      return Buffer.concat([png.subarray(0, 8), pngChunk('IHDR', header), png.subarray(33)]);
    }
    case 'jpeg': {
      const jpeg = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
      const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
      jpeg.writeUInt16BE(height, frame + 5);
      jpeg.writeUInt16BE(width, frame + 7);
      return jpeg;
    }
    case 'gif': {
      const gif = await sharp(png).gif().toBuffer();
      gif.writeUInt16LE(width, 6);
      gif.writeUInt16LE(height, 8);
      return gif;
    }
    case 'webp': {
      const webp = await sharp(png).webp({ lossless: true }).toBuffer();
      webp.writeUInt32LE((width - 1) | ((height - 1) << 14), 21);
      return webp;
    }
    case 'tiff':
      return makeTiff({ pages: [plainPage({ width, height, channels: 1, samples: gentle8(8, 8, 1) })] });
  }
}

const bombs = [
  { format: 'png', width: 2 ** 31 - 1, height: 3 },
  { format: 'png', width: 65535, height: 65535 },
  { format: 'jpeg', width: 65500, height: 65500 },
  { format: 'gif', width: 65535, height: 60000 },
  { format: 'webp', width: 16384, height: 16384 },
  { format: 'tiff', width: 2 ** 32 - 1, height: 2 ** 32 - 1 },
  { format: 'tiff', width: 17000, height: 17000 },
] as const;

// 16384 × 16384 is 268,435,456: just over the line.
test.each(bombs)(
  'H16: a $format that claims $width × $height is refused with the numbers, at once',
  async ({ format, width, height }) => {
    const bytes = await claiming(format, width, height);
    const start = performance.now();
    const error = await refusal(bytes);
    expect(error.code).toBe('image-too-large');
    expect(error.message).toContain(`${width} × ${height}`);
    expect(error.message).toContain('268 million');
    expect(performance.now() - start).toBeLessThan(500);
  },
);

test('H16: the line itself may be reached', async () => {
  expect(mostPixels).toBe(268_402_689);
  const side = Math.sqrt(mostPixels);
  expect(Number.isInteger(side)).toBe(true);
  expect((await opened(await claiming('png', side, side))).summary.width).toBe(side);
  expect((await refusal(await claiming('png', side + 1, side))).code).toBe('image-too-large');
});

test('H16: any page of a stack counts, not only the first', async () => {
  const pages = [4, 20000].map((side) =>
    plainPage({ width: side, height: side, channels: 1, samples: gentle8(4, 4, 1) }),
  );
  expect((await refusal(makeTiff({ pages }))).code).toBe('image-too-large');
});

test('H16: memory is foretold from the header and held against the bound', async () => {
  const bytes = await claiming('png', 12000, 10000);
  const image = await opened(bytes);
  const foreseen = foreseenMemory(image.summary);
  expect(foreseen).toBeGreaterThan(12000 * 10000 * 3 * 2);
  await opened(bytes, { memory: Math.ceil(foreseen) });
  const error = await refusal(bytes, { memory: 5e8 });
  expect(error.code).toBe('image-too-large');
  expect(error.message).toContain('12000 × 10000');
  expect(error.message).toContain('0.50 GB');
  expect(error.message).toContain(`${(foreseen / 1e9).toFixed(2)} GB`);
});

test('what is foretold grows with depth, alpha and the codec', async () => {
  const { summary } = await opened(await claiming('png', 1000, 1000));
  const plain = foreseenMemory(summary);
  expect(foreseenMemory({ ...summary, bitDepth: 16 })).toBeGreaterThan(plain * 1.8);
  expect(foreseenMemory({ ...summary, alpha: true })).toBeGreaterThan(plain * 1.5);
  expect(foreseenMemory(summary, 'avif')).toBeGreaterThan(plain * 4);
});

test('H18: a JPEG of many passes is refused by what decoding it would take', async () => {
  const progressive = await fromRaw({ width: 64, height: 64, channels: 3, samples: gentle8(64, 64, 3) })
    .jpeg({ progressive: true })
    .toBuffer();
  // The last scan, repeated: each one makes the decoder go over the whole picture again.
  const last = progressive.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scan = progressive.subarray(last, progressive.length - 2);
  const repeated = (times: number) =>
    Buffer.concat([
      progressive.subarray(0, -2),
      ...Array.from({ length: times }, () => scan),
      Buffer.from([0xff, 0xd9]),
    ]);
  const many = repeated(400);
  expect((await opened(many)).header.scans).toBeGreaterThanOrEqual(400);
  const frame = many.indexOf(Buffer.from([0xff, 0xc2]));
  many.writeUInt16BE(10000, frame + 5);
  many.writeUInt16BE(10000, frame + 7);
  const error = await refusal(many);
  expect(error.code).toBe('image-too-large');
  expect(error.message).toContain('passes');
  // A small one with as many passes takes a moment and is decoded or refused, not waited for.
  const small = await opened(repeated(400));
  expect(await processorSeconds(() => decodePage(small, 0).catch(() => null))).toBeLessThan(5);
});

test('H17: text and profile bombs, tens of thousands of chunks and the largest comments cost nothing', async () => {
  const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  const zeros = deflateSync(Buffer.alloc(60e6));
  const bombs = [
    pngWithChunks(png, pngChunk('zTXt', 'bomb\0\0', zeros)),
    pngWithChunks(png, pngChunk('iCCP', 'bomb\0\0', zeros)),
    pngWithChunks(png, pngChunk('iTXt', 'XML:com.adobe.xmp\0\x01\0\0\0', zeros)),
    pngWithChunks(png, ...Array.from({ length: 20_000 }, () => pngChunk('tEXt', 'a\0b'))),
  ];
  const jpeg = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
  const comment = jpegSegment(0xfe, Buffer.alloc(65_533, 65));
  bombs.push(jpegWithSegments(jpeg, ...Array.from({ length: 40 }, () => comment)));
  const before = process.resourceUsage().maxRSS;
  for (const bomb of bombs) {
    const seconds = await processorSeconds(async () =>
      expect((await roundTrip(bomb)).encoded.width).toBe(37),
    );
    expect(seconds).toBeLessThan(1);
  }
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(300_000);
});

test('a TIFF cut into far too many pieces, or with a lying list of them, is damaged', async () => {
  const page = plainPage({ width: 4000, height: 4000, channels: 1, samples: gentle8(4, 4, 1) });
  const tiny = { ...page.tags, 278: undefined, 322: long(1), 323: long(1), 324: long(8) };
  const bombs = [
    { ...page, tags: tiny, chunks: [] },
    { ...page, tags: { ...page.tags, 278: long(1) } },
    { ...page, tags: { ...page.tags, 322: long(60000), 323: long(60000) } },
  ];
  for (const bomb of bombs) {
    const image = await opened(makeTiff({ pages: [bomb] }));
    await expect(decodePage(image, 0)).rejects.toMatchObject({ code: 'image-damaged' });
  }
});

test('H14: a list of pages that leads back to itself ends', async () => {
  const pages = [1, 2].map(() => plainPage({ width: 4, height: 4, channels: 1, samples: gentle8(4, 4, 1) }));
  const bytes = makeTiff({ pages });
  const { structure, pages: read } = (await opened(bytes)).header.tiff!;
  expect(read.length).toBe(2);
  // The last pointer, which is 0, made to lead to the first page again.
  bytes.writeUInt32LE(structure.first, bytes.length - 4);
  expect((await refusal(bytes)).message).toContain('leads back to itself');
  const trip = await roundTrip(bytes, {}, { salvage: true });
  expect(trip.encoded.pages).toBe(2);
  expect(noticeCodes(trip)).toEqual(['damaged-salvaged']);
});

test.each([
  ['5 channels', { 258: short(8, 8, 8, 8, 8), 277: short(5) }],
  ['different depths', { 258: short(5, 6, 5) }],
  ['12 bits', { 258: short(12, 12, 12) }],
  ['JPEG 2000 compression', { 259: short(34712) }],
  ['Zstandard compression', { 259: short(50000) }],
  ['old-style JPEG compression', { 259: short(6) }],
  ['compression of an unknown kind (40000)', { 259: short(40000) }],
  ['Lab colour with 8 bits', { 262: short(8) }],
])('H8, H11, H12: a TIFF with %s is refused by that name', async (name, tags) => {
  const page = plainPage({ width: 8, height: 8, channels: 3, samples: gentle8(8, 8, 3), tags });
  const error = await refusal(makeTiff({ pages: [page] }));
  expect(error.code).toBe('image-layout-unsupported');
  expect(error.message).toContain(name);
});

test.each([
  ['a lossless JPEG', 'format-unsupported', 0xc3, 8],
  ['a hierarchical JPEG', 'format-unsupported', 0xc5, 8],
  ['12 bits a sample', 'image-layout-unsupported', 0xc1, 12],
])('H22: %s is refused by that name', async (name, code, marker, precision) => {
  const jpeg = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg[frame + 1] = marker;
  jpeg[frame + 4] = precision;
  const error = await refusal(jpeg);
  expect(error.code).toBe(code);
  expect(error.message).toContain(name);
});

test('H22: a PNG in the private form of iPhone apps is refused as that', async () => {
  const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  const appleForm = Buffer.concat([png.subarray(0, 8), pngChunk('CgBI', '\x50\0\x20\x02'), png.subarray(8)]);
  expect((await refusal(appleForm)).message).toContain('iPhone');
});

test('H6: an SVG is never rendered, whatever it is called, and neither are the library’s own dumps', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await expect(sharp(svg).metadata()).rejects.toThrow();
  await expect(openImage('/dev/null')).rejects.toMatchObject({ code: 'not-a-regular-file' });
});
