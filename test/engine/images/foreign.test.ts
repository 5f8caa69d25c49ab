import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { imageFormats } from '../../../contract/image.ts';
import { crc32 } from '../../../engine/images/crc32.ts';
import { decodePage } from '../../../engine/images/decode.ts';
import { mapFromUnit } from '../../../engine/images/float-range.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { exifText, readExif, exifTag } from '../../../engine/images/exif.ts';
import { fromRaw, gentle8, noise16, noise8, processorSeconds, rawPicture } from '../../fixtures/pictures.ts';
import {
  jpegSegment,
  jpegWith,
  jpegWithSegments,
  pngChunk,
  pngWith,
  pngWithChunks,
} from '../../fixtures/pictures-containers.ts';
import {
  ascii,
  inOrder,
  long,
  makeTiff,
  plainPage,
  raw,
  short,
  type TagValue,
} from '../../fixtures/pictures-tiff.ts';
import { noticeCodes, opened, roundTrip } from './round-trip.ts';

/** Pictures as phones, microscopes and other programs write them, and lies that they might tell. */
beforeAll(() => prepareSharp());

const [width, height] = [37, 29];
const film = Buffer.from(`\0\0\0\x18ftypmp42\0\0\0\0mp42isom${'\xff\xda\0\x08'.repeat(300)}`, 'latin1');

describe('what stands behind a picture', () => {
  test.each(['jpeg', 'png', 'webp', 'gif'] as const)(
    'H14: of a %s is left out, and that is said',
    async (format) => {
      const whole = await fromRaw(rawPicture(3, 8)).toFormat(format).toBuffer();
      const trip = await roundTrip(Buffer.concat([whole, film]));
      expect(trip.encoded.notices).toContainEqual({
        code: 'appended-left-out',
        details: { bytes: film.length },
      });
      expect(trip.encoded.bytes.includes('ftypmp42')).toBe(false);
      const padded = await roundTrip(Buffer.concat([whole, Buffer.alloc(4096)]));
      expect(noticeCodes(padded)).not.toContain('appended-left-out');
    },
  );

  test('H18: is no part of its passes, whatever bytes are in it', async () => {
    const flat = sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#765' } });
    const photo = Buffer.concat([await flat.jpeg().toBuffer(), film]);
    expect((await opened(photo)).header.scans).toBe(1);
  });
});

describe('stacks', () => {
  const samples = [1, 2, 3].map((seed) => noise16(width * height, seed));
  const description = ascii('ImageJ=1.54f\nimages=3\nslices=3\nloop=false\n');
  const stack = (images: readonly Uint16Array[]) => {
    const page = plainPage({ width, height, channels: 1, samples: images[0]!, littleEndian: false, tags: { 270: description, 279: long(width * height * 2) } }); // prettier-ignore
    const data = Buffer.concat(images.map((one) => inOrder(one, false)));
    return makeTiff({ littleEndian: false, pages: [{ ...page, chunks: [data] }] });
  };

  test('H14: pages that ImageJ does not list are pages like others', async () => {
    const trip = await roundTrip(stack(samples));
    expect(trip.after.map(({ raster }) => raster.samples)).toEqual(samples);
    expect(trip.encoded.bytes.toString('latin1').split('ImageJ=').length).toBe(2);
    const [last] = (await roundTrip(stack(samples), { format: 'png' })).encoded.notices;
    expect(last).toMatchObject({ code: 'pages-lost', details: { pages: 3 } });
  });

  test('H14: a picture that was taken out of such a stack is one page', async () => {
    expect((await opened(stack(samples.slice(0, 1)))).summary.pages).toBe(1);
  });

  test('H23: each page keeps the colour profile that is its own', async () => {
    const profiles = await Promise.all(['p3', 'srgb'].map(profile));
    const page = (icc: Buffer | null, photometric = 2, channels = 3) =>
      plainPage({ width, height, channels, photometric, samples: gentle8(width, height, channels), tags: { 34675: icc ? raw(icc) : undefined } }); // prettier-ignore
    const pages = [page(profiles[0]!), page(profiles[1]!), page(null), page(profiles[0]!, 5, 4)];
    const { again } = await roundTrip(makeTiff({ pages }));
    const kept = again.header.tiff!.pages.map(({ entries }) => entries.get(34675)?.data ?? null);
    expect(kept.map((icc) => icc && profiles.findIndex((one) => one.equals(icc)))).toEqual([
      0,
      1,
      null,
      null,
    ]);
  });
});

async function profile(name: string): Promise<Buffer> {
  const { icc } = await sharp(
    await fromRaw(rawPicture(3, 8)).withIccProfile(name).png().toBuffer(),
  ).metadata();
  return icc!;
}

describe('numbers that make no sense', () => {
  const signed = (...values: number[]): TagValue => ({ type: 9, values });
  const page = (tags: object) =>
    makeTiff({ pages: [plainPage({ width, height, channels: 3, samples: gentle8(width, height, 3), tags: { 296: short(2), ...tags } })] }); // prettier-ignore
  const metres = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
  const sources = {
    'a density below zero': () => Promise.resolve(page({ 282: signed(-72), 283: signed(-72) })),
    'an endless density': () => Promise.resolve(page({ 282: { type: 12, values: [1e300] } })),
    'more pixels a metre than there are numbers': async () =>
      pngWithChunks(await fromRaw(rawPicture(3, 8)).png().toBuffer(), pngChunk('pHYs', metres)),
  };
  const cases = Object.entries(sources).flatMap(([name, make]) =>
    imageFormats.map((to) => ({ name, make, to })),
  );

  test.each(cases)('H23: $name harms no $to', async ({ make, to }) => {
    for (const metadata of ['all', 'copyright'] as const) {
      expect((await roundTrip(await make(), { format: to, metadata })).after).toHaveLength(1);
    }
  });

  test('H19: a size in EXIF of a type too small for it is left as it is', async () => {
    const wide = { width: 300, height: 2, channels: 3 as const, samples: gentle8(300, 2, 3) };
    const sizes = { 40962: { type: 1, values: [32] }, 40963: { type: 1, values: [2] } } as const;
    const exif = makeTiff({
      pages: [{ tags: { 315: ascii('Ann') }, chunks: [], children: { 34665: sizes } }],
    });
    for (const bytes of [
      jpegWith(await fromRaw(wide).jpeg().toBuffer(), { exif }),
      pngWith(await fromRaw(wide).png().toBuffer(), { exif }),
    ]) {
      const { again } = await roundTrip(bytes);
      expect(exifText(again.header.metadata.exif!.tree, exifTag.artist)).toBe('Ann');
    }
  });

  test('H19: a preview that is said to be all of EXIF takes nothing with it', async () => {
    const block = lyingPreview('An artist');
    expect(exifText(readExif(block).tree, exifTag.artist)).toBe('An artist');
    const { again } = await roundTrip(
      jpegWith(await fromRaw(rawPicture(3, 8)).jpeg().toBuffer(), { exif: block }),
    );
    expect(exifText(again.header.metadata.exif!.tree, exifTag.artist)).toBe('An artist');
  });
});

/** EXIF whose second directory calls everything behind the header its preview. */
function lyingPreview(artist: string): Buffer {
  const text = Buffer.from(`${artist}\0`);
  const [firstAt, textAt] = [12, 12 + 18];
  const secondAt = textAt + text.length + (text.length % 2);
  const whole = Buffer.alloc(secondAt + 2 + 24 + 4);
  whole.write('II*\0', 'latin1');
  whole.writeUInt32LE(firstAt, 4);
  whole.writeUInt32BE(0xffd8ffd9, 8);
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    whole.writeUInt16LE(tag, at);
    whole.writeUInt16LE(type, at + 2);
    whole.writeUInt32LE(count, at + 4);
    whole.writeUInt32LE(value, at + 8);
  };
  whole.writeUInt16LE(1, firstAt);
  entry(firstAt + 2, 315, 2, text.length, textAt);
  whole.writeUInt32LE(secondAt, firstAt + 14);
  text.copy(whole, textAt);
  whole.writeUInt16LE(2, secondAt);
  entry(secondAt + 2, 513, 4, 1, 8);
  entry(secondAt + 14, 514, 4, 1, whole.length - 8);
  return whole;
}

describe('what a format cannot say', () => {
  test('H23: colours that a PNG means otherwise than sRGB are missed elsewhere, and that is said', async () => {
    const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
    const gamma = (value: number) => {
      const data = Buffer.alloc(4);
      data.writeUInt32BE(value);
      return pngWithChunks(png, pngChunk('gAMA', data));
    };
    expect(noticeCodes(await roundTrip(gamma(100_000), { format: 'jpeg' }))).toEqual(['icc-lost']);
    expect(noticeCodes(await roundTrip(gamma(45_455), { format: 'jpeg' }))).toEqual([]);
    expect(noticeCodes(await roundTrip(gamma(100_000)))).toEqual([]);
  });

  test('H23: tags that only a TIFF holds are counted where they are lost', async () => {
    const tags = { 33922: { type: 12, values: [0, 0, 0, 1, 2, 0] }, 42113: ascii('-9999'), 305: ascii('A program') } as const; // prettier-ignore
    const bytes = makeTiff({ pages: [plainPage({ width, height, channels: 1, samples: gentle8(width, height, 1), tags })] }); // prettier-ignore
    const { notices } = (await roundTrip(bytes, { format: 'png' })).encoded;
    expect(notices).toEqual([{ code: 'tags-lost', details: { count: 2, format: 'PNG' } }]);
    expect(noticeCodes(await roundTrip(bytes))).toEqual([]);
  });

  test('H23: layers and content credentials of a TIFF are left out, and that is said', async () => {
    const tags = { 37724: raw('Adobe Photoshop Document Data Block\0'), 52545: raw('credentials') };
    const bytes = makeTiff({ pages: [plainPage({ width, height, channels: 1, samples: gentle8(width, height, 1), tags })] }); // prettier-ignore
    expect(noticeCodes(await roundTrip(bytes))).toEqual(['layers-left-out', 'signature-lost']);
  });

  test('H23: dollar signs in a copyright are dollar signs', async () => {
    const rights = "US$$ 5, see $&amp; and $' and $` and $1";
    const packet =
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
      `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights>${rights}</dc:rights>` +
      '</rdf:Description></rdf:RDF></x:xmpmeta>';
    const bytes = jpegWith(await fromRaw(rawPicture(3, 8)).jpeg().toBuffer(), { xmp: packet });
    const { encoded } = await roundTrip(bytes, { metadata: 'copyright' });
    expect(encoded.bytes.toString('utf8')).toContain(`<dc:rights>${rights}</dc:rights>`);
  });

  test('H13: a further channel of no said meaning is taken for transparency, and that is said', async () => {
    const samples = noise8(width * height * 2);
    const page = (kind: number) =>
      plainPage({ width, height, channels: 2, samples, tags: { 338: short(kind) } });
    expect(noticeCodes(await roundTrip(makeTiff({ pages: [page(0)] })))).toEqual(['extra-as-alpha']);
    expect(noticeCodes(await roundTrip(makeTiff({ pages: [page(2)] })))).toEqual([]);
  });
});

/** A box of an ISO base media file. */
function isoBox(kind: string, ...content: Buffer[]): Buffer {
  const head = Buffer.from(`\0\0\0\0${kind}`, 'latin1');
  head.writeUInt32BE(8 + content.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([head, ...content]);
}

test('H14: of an AVIF sequence the still picture is taken, and that is said', async () => {
  const still = await fromRaw({ width, height, channels: 3, samples: gentle8(width, height, 3) })
    .avif()
    .toBuffer();
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32BE(100, 4);
  sizes.writeUInt32BE(5, 8);
  const tables = ['stbl', 'minf', 'mdia', 'trak', 'moov'].reduce((inner, kind) => isoBox(kind, inner), isoBox('stsz', sizes)); // prettier-ignore
  const sequence = Buffer.concat([still, tables]);
  sequence.write('avis', 8, 'latin1');
  const { image, encoded } = await roundTrip(sequence);
  expect(image.summary).toMatchObject({ width, height });
  expect(encoded.notices).toEqual([{ code: 'first-frame-only', details: { frames: 5 } }]);
});

test('H13: colour that an AVIF holds multiplied by alpha is taken out of it', async () => {
  const samples = Uint8Array.from({ length: width * height * 4 }, (_, at) => (at % 4 === 3 ? 128 : 60));
  const plain = await fromRaw({ width, height, channels: 4, samples }).avif({ quality: 100 }).toBuffer();
  // `auxl` says which picture the alpha belongs to; `prem` would say so as well.
  const at = plain.indexOf('auxl');
  const reference = Buffer.from(plain.subarray(at - 4, at + 10));
  reference.write('prem', 4, 'latin1');
  // From the colour to its alpha.
  [reference[8], reference[9], reference[12], reference[13]] = [reference[12]!, reference[13]!, reference[8]!, reference[9]!]; // prettier-ignore
  const [colour] = (await decodePage(await opened(withReference(plain, reference)), 0)).raster.samples;
  expect(Math.abs(colour! - 120)).toBeLessThanOrEqual(3);
});

/** An AVIF of our encoder with one more reference between its pictures. */
function withReference(avif: Buffer, reference: Buffer): Buffer {
  const grown = (at: number, bytes: Buffer) =>
    bytes.writeUInt32BE(bytes.readUInt32BE(at) + reference.length, at);
  const [meta, iref] = ['meta', 'iref'].map((kind) => avif.indexOf(kind) - 4);
  const end = iref! + avif.readUInt32BE(iref);
  const bytes = Buffer.concat([avif.subarray(0, end), reference, avif.subarray(end)]);
  grown(meta!, bytes);
  grown(iref!, bytes);
  // The coded pictures have moved: base offsets of 4 bytes, one extent each, as our encoder writes them.
  const iloc = bytes.indexOf('iloc');
  const items = bytes.readUInt16BE(iloc + 10);
  for (let item = 0, at = iloc + 16; item < items; item++, at += 18) grown(at, bytes);
  return bytes;
}

test('H20, H21: the shortest WebP there can be is read', async () => {
  const shortest = Buffer.from('UklGRhIAAABXRUJQVlA4TAYAAAAvQWxvAGs=', 'base64');
  const { summary } = await opened(shortest);
  expect(summary).toMatchObject({ format: 'webp', width: 11_330 });
});

test('H16: a GIF whose first frame is far larger than its screen is judged by the frame', async () => {
  const frame = (side: number) =>
    Buffer.concat([
      Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0', 'latin1'),
      Buffer.from([side & 255, side >> 8, side & 255, side >> 8]),
      Buffer.from('\0\x02\x02D\x01\0;', 'latin1'),
    ]);
  await expect(opened(frame(65_535))).rejects.toMatchObject({ code: 'image-too-large' });
});

test('H4: markers that are none, and fill bytes before them, do not end a JPEG early', async () => {
  const jpeg = await fromRaw(rawPicture(3, 8)).jpeg({ progressive: true }).toBuffer();
  const padded = jpegWithSegments(jpeg, Buffer.alloc(500, 0xff), jpegSegment(0xe5, Buffer.from('\xff\xd9\xff\xda', 'latin1'))); // prettier-ignore
  const image = await opened(padded);
  expect(image.header.losses).toEqual([]);
  expect(image.header.scans).toBeGreaterThan(1);
  expect((await decodePage(image, 0)).raster.width).toBe(37);
});

/** LZW without compression: codes of 9 bits, begun anew before they grow. */
function literalLzw(bytes: Uint8Array): Buffer {
  const codes = [...bytes].flatMap((byte, at) => (at % 200 === 0 ? [256, byte] : [byte]));
  const bits = [...codes, 257].map((code) => code.toString(2).padStart(9, '0')).join('');
  return Buffer.from(bits.match(/.{1,8}/g)!.map((eight) => parseInt(eight.padEnd(8, '0'), 2)));
}

test.each([1, 2, 3, 4])(
  'H9, H11: %i channels that stand for themselves, packed by LZW in strips and tiles, come back',
  async (count) => {
    const samples = noise8(16 * 16 * count);
    const page = plainPage({ width: 16, height: 16, channels: count, samples });
    const alone = Array.from({ length: count }, (_, channel) =>
      samples.filter((_one, at) => at % count === channel),
    );
    const tags = { ...page.tags, 259: short(5), 284: short(2), 338: count % 2 === 0 ? short(2) : undefined };
    const tiles = { ...tags, 278: undefined, 322: long(16), 323: long(16) };
    const chunks = alone.map(literalLzw);
    for (const made of [
      { tags, chunks },
      { tags: tiles, chunks, tiled: true },
    ]) {
      const [after] = (await roundTrip(makeTiff({ pages: [made] }))).after;
      const colours = count < 3 ? 1 : 3;
      expect(after!.raster.samples).toEqual(samples.filter((_one, at) => at % count < colours));
      if (count % 2 === 0) expect(after!.alpha?.samples).toEqual(alone.at(-1));
    }
  },
);

test.each([
  ['Lab of 16 bits, stored apart from each other', 8, 2],
  ['YCbCr without JPEG', 6, 1],
])('H11: channels of %s, which the library mixes up, are refused', async (_name, photometric, planar) => {
  const deep = photometric === 8 ? new Uint16Array(768) : new Uint8Array(768);
  const tags = { 284: short(planar), 530: short(1, 1) };
  const page = plainPage({ width: 16, height: 16, channels: 3, photometric, samples: deep, tags });
  const chunk = new Uint8Array(512);
  const bytes = makeTiff({ pages: [planar === 2 ? { ...page, chunks: [chunk, chunk, chunk] } : page] });
  await expect(opened(bytes)).rejects.toMatchObject({ code: 'image-layout-unsupported' });
});

test('H10: floats at the ends of what floats can hold stay finite, whatever was taken out of them', () => {
  const most = 3.4028234663852886e38;
  const original = Float32Array.of(most - 2 ** 104);
  const worked = { width: 1, height: 1, channels: 1, samples: Float32Array.of(1) } as const;
  expect([...mapFromUnit(worked, original, { low: -0.9 * most, high: most })]).toEqual([most]);
});

describe('floods of next to nothing', () => {
  const times = (bytes: Buffer, count: number) => Buffer.concat(Array.from({ length: count }, () => bytes));
  const segments = times(Buffer.from([0xff, 0xe5, 0, 2]), 3_000_000);
  const floods = {
    'segments in a JPEG': async () =>
      jpegWithSegments(await fromRaw(rawPicture(3, 8)).jpeg().toBuffer(), segments),
    'fill bytes in a JPEG': async () =>
      jpegWithSegments(await fromRaw(rawPicture(3, 8)).jpeg().toBuffer(), Buffer.alloc(30e6, 0xff)),
    'chunks in a WebP': async () => {
      const webp = await fromRaw(rawPicture(3, 8)).webp().toBuffer();
      const flood = Buffer.concat([webp, times(Buffer.from('ABCD\0\0\0\0'), 2_000_000)]);
      flood.writeUInt32LE(flood.length - 8, 4);
      return flood;
    },
    'directories over each other in a TIFF': () => Promise.resolve(overlapping(40_000, 1000)),
    'XMP of 40 MB in a PNG': async () =>
      pngWith(await fromRaw(rawPicture(3, 8)).png().toBuffer(), {
        xmp: `<x:RDF>${' '.repeat(40e6)}</x:RDF>`,
      }),
  };

  test.each(Object.entries(floods))('H17: %s', async (_name, make) => {
    const bytes = await make();
    const pass = await onePass();
    const before = process.resourceUsage().maxRSS;
    const seconds = await processorSeconds(() =>
      opened(bytes)
        .then((image) => decodePage(image, 0))
        .catch(refused),
    );
    expect(seconds).toBeLessThan(8 * Math.max(pass, await onePass()));
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(300_000);
  });

  /** Processor time of a checksum of 40 MB, here and now: a second is not the same on all machines, nor beside other work. */
  const onePass = () => processorSeconds(() => Promise.resolve(crc32(zeros)));
  const zeros = new Uint8Array(40e6);

  function refused(thrown: unknown): void {
    expect(thrown).toMatchObject({ code: 'image-damaged' });
  }

  test.each([
    ['one long value', 60, 10e6, 40],
    ['one picture', 500, 40, 40_000],
  ])('H16: pages of a TIFF that share %s are refused', async (_what, pages, value, picture) => {
    await expect(opened(sharing(pages, value, picture))).rejects.toMatchObject({ code: 'image-damaged' });
    expect((await opened(sharing(2, 40, picture))).summary.pages).toBe(2);
  });

  test('H17: XMP that is far too long is left out, and named', async () => {
    const png = await floods['XMP of 40 MB in a PNG']();
    expect(noticeCodes(await roundTrip(png))).toEqual(['metadata-broken']);
  });
});

/** Directories that each begin within the one before, and have so many entries. */
function overlapping(entries: number, directories: number): Buffer {
  const bytes = Buffer.alloc(8 + 12 * (entries + directories + 1));
  bytes.write('II*\0\x08\0\0\0', 'latin1');
  for (let at = 8, group = 0; at + 12 <= bytes.length; at += 12, group++) {
    bytes.writeUInt16LE(entries, at);
    bytes.writeUInt16LE(65_000, at + 2);
    bytes.writeUInt16LE(3, at + 4);
    bytes.writeUInt32LE(1, at + 6);
    // Where the list of a directory ends, it points to the next.
    if (group >= entries) bytes.writeUInt32LE(8 + 12 * (group - entries + 1), at + 2);
  }
  return bytes;
}

/** Pages whose private tag and whose picture are the same bytes. */
function sharing(count: number, valueBytes: number, pictureBytes: number): Buffer {
  const one = { width: 40, height: pictureBytes / 40, channels: 1, samples: new Uint8Array(pictureBytes) };
  const value = { type: 7, bytes: Buffer.alloc(valueBytes) } as const;
  const first = makeTiff({ pages: [plainPage({ ...one, tags: { 65_000: value } })] });
  // The directory stands last: repeated behind the file, each points to the next.
  const at = first.readUInt32LE(4);
  const directory = first.subarray(at);
  const copies = Array.from({ length: count }, (_, index) => {
    const copy = Buffer.from(directory);
    copy.writeUInt32LE(index === count - 1 ? 0 : at + (index + 1) * directory.length, directory.length - 4);
    return copy;
  });
  return Buffer.concat([first.subarray(0, at), ...copies]);
}
