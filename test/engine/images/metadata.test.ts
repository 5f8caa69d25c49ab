import readExif from 'exif-reader';
import sharp, { type Metadata } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CleanSettings } from '../../../contract/clean.ts';
import { formatName, imageFormats, type ImageFormat } from '../../../contract/image.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { fromRaw, gentle8, rawPicture } from '../../fixtures/pictures.ts';
import {
  ascii,
  long,
  makeTiff,
  plainPage,
  rational,
  raw,
  short,
  type Tags,
} from '../../fixtures/pictures-tiff.ts';
import {
  jpegSegment,
  jpegWith,
  jpegWithSegments,
  pngChunk,
  pngWith,
  pngWithChunks,
  webpWith,
} from '../../fixtures/pictures-containers.ts';
import { noticeCodes, roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

const main: Tags = {
  270: ascii('A description <script>alert(1)</script>'),
  271: ascii('Maker'),
  272: ascii('Model 1'),
  282: rational(300, 1),
  283: rational(300, 1),
  296: short(2),
  305: ascii('Some software'),
  306: ascii('2020:01:02 03:04:05'),
  315: ascii('An Artist'),
  33432: ascii('© An Artist'),
};
const exif: Tags = {
  33434: rational(1, 250),
  33437: rational(28, 10),
  34855: short(800),
  36864: raw('0231'),
  36867: ascii('2019:12:31 23:59:59'),
  37380: { type: 9, values: [-1] },
  37500: raw(Buffer.from('maker note with offsets nobody knows')),
  37510: raw('ASCII\0\0\0a comment'),
  40962: long(37),
  40963: long(29),
};
const gps: Tags = { 0: { type: 1, values: [2, 3, 0, 0] }, 1: ascii('N'), 2: rational(48, 1, 30, 1, 15, 2) };

/** EXIF as a block: a TIFF without pixels. */
function exifBlock(littleEndian: boolean, orientation = 6): Buffer {
  const tags = { ...main, 274: short(orientation) };
  return makeTiff({ littleEndian, pages: [{ tags, chunks: [], children: { 34665: exif, 34853: gps } }] });
}

const xmp =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4">' +
  '<dc:creator><rdf:Seq><rdf:li>X Artist</rdf:li></rdf:Seq></dc:creator>' +
  '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">X rights</rdf:li></rdf:Alt></dc:rights>' +
  '<dc:subject><rdf:Bag><rdf:li>secret place</rdf:li></rdf:Bag></dc:subject>' +
  '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

/** IPTC: city, by-line, copyright notice. */
const iptc = Buffer.concat(
  [
    [0x5a, 'Town'],
    [0x50, 'I Artist'],
    [0x74, 'I rights'],
  ].map(([dataset, text]) => {
    const value = Buffer.from(text as string);
    return Buffer.concat([Buffer.from([0x1c, 2, dataset as number, 0, value.length]), value]);
  }),
);

async function p3(): Promise<Buffer> {
  const { icc } = await sharp(
    await fromRaw(rawPicture(3, 8)).withIccProfile('p3').png().toBuffer(),
  ).metadata();
  return icc!;
}

/** A file of each format that carries everything the format can hold, stored lying on its side. */
async function carrying(format: ImageFormat, littleEndian = true): Promise<Buffer> {
  const [width, height] = [48, 32];
  const picture = { width, height, channels: 3 as const, samples: gentle8(width, height, 3) };
  const icc = await p3();
  const block = exifBlock(littleEndian);
  switch (format) {
    case 'jpeg':
      return jpegWith(await fromRaw(picture).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), {
        exif: block,
        xmp,
        icc,
        iptc,
      });
    case 'png':
      return pngWith(await fromRaw(picture).png().toBuffer(), { exif: block, xmp, icc });
    case 'webp':
      return webpWith(
        await fromRaw(picture).webp({ lossless: true }).toBuffer(),
        { exif: block, xmp, icc },
        picture,
      );
    case 'tiff': {
      const tags = {
        ...main,
        274: short(6),
        700: { type: 1 as const, bytes: xmp },
        33723: raw(iptc),
        34675: raw(icc),
      };
      const page = plainPage({ ...picture, littleEndian, tags, children: { 34665: exif, 34853: gps } });
      return makeTiff({ littleEndian, pages: [page] });
    }
    case 'avif':
      return await sharp(await carrying('jpeg', littleEndian), { ignoreIcc: true })
        .keepMetadata()
        .avif({ quality: 95 })
        .toBuffer();
  }
}

/** What readers that are not ours find. */
interface Found {
  readonly header: Metadata;
  readonly fields: Record<string, unknown>;
  readonly photo: Record<string, unknown>;
  readonly gpsFields: Record<string, unknown>;
  readonly iptc: boolean;
}

async function found(bytes: Buffer): Promise<Found> {
  const header = await sharp(bytes).metadata();
  // TIFF holds EXIF in directories of its own: the file itself reads like a block.
  const block = header.format === 'tiff' ? bytes : header.exif;
  const { Image = {}, Photo = {}, GPSInfo = {} } = block ? readExif(block) : {};
  return { header, fields: texts(Image), photo: Photo, gpsFields: GPSInfo, iptc: bytes.includes(iptc) };
}

/** The reader leaves text that is not ASCII as bytes. */
function texts(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => {
      const text = Buffer.isBuffer(value) && value.includes('Artist');
      return [key, text ? value.toString().replace(/\0$/, '') : value];
    }),
  );
}

const everything = {
  ImageDescription: 'A description <script>alert(1)</script>',
  Make: 'Maker',
  Model: 'Model 1',
  Software: 'Some software',
  Artist: 'An Artist',
  Copyright: '© An Artist',
  XResolution: 300,
};

const routes = imageFormats.flatMap((from) => imageFormats.map((to) => ({ from, to })));

describe.each(routes)('from $from to $to', ({ from, to }) => {
  test('H23: everything that both formats hold is kept, field by field', async () => {
    const source = await carrying(from);
    const trip = await roundTrip(source, { format: to });
    const { header, fields, photo, gpsFields, iptc: keepsIptc } = await found(trip.encoded.bytes);
    expect(fields).toMatchObject(everything);
    expect(photo).toMatchObject({
      ExposureTime: 1 / 250,
      FNumber: 2.8,
      ISOSpeedRatings: 800,
      ExposureBiasValue: -1,
    });
    expect((photo['DateTimeOriginal'] as Date).toISOString()).toBe('2019-12-31T23:59:59.000Z');
    expect(Buffer.from(photo['MakerNote'] as Buffer).toString()).toBe('maker note with offsets nobody knows');
    expect(gpsFields).toMatchObject({ GPSLatitudeRef: 'N', GPSLatitude: [48, 30, 7.5] });
    expect(fields['Orientation'] ?? 1).toBe(1);
    expect(header.icc?.equals(await p3())).toBe(true);
    expect(header.xmpAsString).toContain('secret place');
    expect(header.xmpAsString).toContain('unspeckle:Cleaned="Unspeckle test"');
    if (to !== 'webp' && to !== 'avif') expect(header.density).toBe(300);
    const holdsIptc = (format: ImageFormat) => format === 'jpeg' || format === 'tiff';
    expect(keepsIptc).toBe(holdsIptc(from) && holdsIptc(to));
    const lost = holdsIptc(from) && !holdsIptc(to) ? ['iptc-lost'] : [];
    expect(noticeCodes(trip)).toEqual(lost);
    const notice = trip.encoded.notices.find(({ code }) => code === 'iptc-lost');
    if (notice) expect(notice.details).toEqual({ format: formatName[to] });
  });

  test.each(['copyright', 'none'] as CleanSettings['metadata'][])(
    'H23: with metadata "%s" only that stays',
    async (metadata) => {
      const { encoded, again } = await roundTrip(await carrying(from), { format: to, metadata });
      const { header, fields, photo, gpsFields } = await found(encoded.bytes);
      const whose = metadata === 'copyright' ? { Artist: 'An Artist', Copyright: '© An Artist' } : {};
      const structural = [
        'ImageWidth',
        'ImageLength',
        'BitsPerSample',
        'Compression',
        'PhotometricInterpretation',
        'Orientation',
        'SamplesPerPixel',
        'RowsPerStrip',
        'StripOffsets',
        'StripByteCounts',
        'PlanarConfiguration',
        'Predictor',
        'SampleFormat',
        'XMP',
        'IPTC/NAA',
        'InterColorProfile',
        'ApplicationNotes',
        'IPTCNAA',
        'XMLPacket',
      ];
      // How large it prints says nothing about anybody.
      if (metadata === 'copyright') structural.push('XResolution', 'YResolution', 'ResolutionUnit');
      const said = Object.fromEntries(Object.entries(fields).filter(([key]) => !structural.includes(key)));
      expect(said).toEqual(whose);
      expect(photo).toEqual({});
      expect(gpsFields).toEqual({});
      expect(header.icc?.equals(await p3())).toBe(true);
      expect(again.summary.ownOutput).toBe(metadata === 'copyright');
      for (const secret of ['secret place', 'Town', 'Maker', 'maker note']) {
        expect(encoded.bytes.includes(secret), secret).toBe(false);
      }
      expect(encoded.bytes.includes('X Artist')).toBe(metadata === 'copyright');
    },
  );
});

test.each(['jpeg', 'png', 'tiff', 'webp'] as const)(
  'with the copyright alone the pixel density stays, in %s',
  async (format) => {
    const { again } = await roundTrip(await carrying('jpeg'), { format, metadata: 'copyright' });
    const [page] = again.header.pages;
    expect(page).toBeDefined();
    const { density, exif } = again.header.metadata;
    const resolution = exif?.tree.main.find(({ tag }) => tag === 282);
    expect(density !== null || resolution !== undefined).toBe(true);
  },
);

test('big-endian EXIF is kept as it is', async () => {
  for (const to of imageFormats) {
    const { encoded } = await roundTrip(await carrying('jpeg', false), { format: to });
    expect((await found(encoded.bytes)).fields).toMatchObject(everything);
  }
  const { encoded } = await roundTrip(await carrying('tiff', false));
  expect(encoded.bytes.toString('latin1', 0, 2)).toBe('MM');
  expect((await found(encoded.bytes)).fields).toMatchObject(everything);
});

test('a JPEG keeps its EXIF block byte for byte, but for orientation and size', async () => {
  const { encoded } = await roundTrip(await carrying('jpeg'));
  const before = exifBlock(true);
  const { exif: after } = await sharp(encoded.bytes).metadata();
  const changed = [...after!.subarray(6)].flatMap((byte, at) => (byte === before[at] ? [] : [at]));
  expect(after!.length - 6).toBe(before.length);
  // The orientation, and width and height exchanged.
  expect(changed.length).toBe(3);
});

test('H19: the preview in EXIF shows the result, upright, and is no larger than the old one', async () => {
  const [width, height] = [640, 480];
  const samples = gentle8(width, height, 3);
  const small = await sharp(samples, { raw: { width, height, channels: 3 } })
    .resize(160)
    .negate()
    .jpeg()
    .toBuffer();
  const head = makeTiff({
    pages: [
      { tags: { 274: short(6) }, chunks: [] },
      { tags: { 259: short(6), 513: long(0), 514: long(small.length) }, chunks: [] },
    ],
  });
  const linked = Buffer.concat([head, small]);
  // The offset of the preview, known only now: the value of tag 513 in the second directory.
  const entry = linked.indexOf(Buffer.from([0x01, 0x02, 4, 0, 1, 0, 0, 0]));
  linked.writeUInt32LE(head.length, entry + 8);
  const jpeg = await fromRaw({ width, height, channels: 3, samples }).jpeg({ quality: 95 }).toBuffer();
  const { encoded } = await roundTrip(jpegWith(jpeg, { exif: linked }));
  const { exif: block } = await sharp(encoded.bytes).metadata();
  const { Thumbnail } = readExif(block!);
  const at = 6 + Number(Thumbnail!['JPEGInterchangeFormat'] ?? Thumbnail!['ThumbnailOffset']);
  const length = Number(Thumbnail!['JPEGInterchangeFormatLength'] ?? Thumbnail!['ThumbnailLength']);
  expect(length).toBeLessThanOrEqual(small.length);
  const preview = await sharp(block!.subarray(at, at + length))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([preview.info.width, preview.info.height]).toEqual([120, 160]);
  // Stored brightness grows to the right, so the upright picture grows downwards; the old preview was inverted.
  expect(preview.data[preview.data.length - 3]!).toBeGreaterThan(preview.data[0]!);
});

test('H19: a broken block costs only itself, and is named', async () => {
  const jpeg = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
  const brokenIcc = Buffer.alloc(200, 7);
  const cut = exifBlock(true).subarray(0, 40);
  for (const broken of [
    { exif: Buffer.from('garbage') },
    { icc: brokenIcc },
    { exif: cut },
    { xmp: '<x>not RDF' },
  ]) {
    const trip = await roundTrip(jpegWith(jpeg, broken));
    expect(noticeCodes(trip)).toEqual(['metadata-broken']);
  }
  const good = { exif: exifBlock(true, 1), xmp };
  const trip = await roundTrip(jpegWith(jpeg, { ...good, icc: brokenIcc }));
  expect((await found(trip.encoded.bytes)).fields).toMatchObject(everything);
});

test('H19: EXIF that turns in circles or claims gigabytes is cut down to what makes sense', async () => {
  const jpeg = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
  const loop = makeTiff({ pages: [{ tags: { ...main, 34665: long(8), 34853: long(8) }, chunks: [] }] });
  const first = makeTiff({
    pages: [{ tags: { ...main, 37510: { type: 7, bytes: 'x'.repeat(40) } }, chunks: [] }],
  });
  const huge = Buffer.from(first);
  const at = huge.indexOf(Buffer.from([0x86, 0x92, 7, 0]));
  huge.writeUInt32LE(0xffffffff, at + 4);
  for (const exifBytes of [loop, huge]) {
    const trip = await roundTrip(jpegWith(jpeg, { exif: exifBytes }));
    expect(noticeCodes(trip)).toEqual(['metadata-broken']);
    expect((await found(trip.encoded.bytes)).fields).toMatchObject({ Artist: 'An Artist' });
  }
});

test('EXIF too large for a JPEG is shortened by its largest values, and that is said', async () => {
  const png = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  const tags = { ...main, 37510: raw(Buffer.alloc(70_000, 1)) };
  const block = makeTiff({ pages: [{ tags, chunks: [] }] });
  const trip = await roundTrip(pngWith(png, { exif: block }), { format: 'jpeg' });
  expect(noticeCodes(trip)).toEqual(['exif-shortened']);
  expect((await found(trip.encoded.bytes)).fields).toMatchObject(everything);
});

test('XMP that fills its segment gives up its white space, not its content', async () => {
  const jpeg = await fromRaw(rawPicture(3, 8)).jpeg().toBuffer();
  const padded = xmp.replace('<?xpacket end', `${' '.repeat(65_000 - xmp.length)}\n<?xpacket end`);
  const { encoded } = await roundTrip(jpegWith(jpeg, { xmp: padded }));
  expect((await sharp(encoded.bytes).metadata()).xmpAsString).toContain('secret place');
  const full = xmp.replace('secret place', 'x'.repeat(64_000));
  const trip = await roundTrip(
    pngWith(await fromRaw(rawPicture(3, 8)).png().toBuffer(), { xmp: full + 'y'.repeat(3000) }),
    { format: 'jpeg' },
  );
  expect(noticeCodes(trip)).toEqual(['xmp-lost']);
  expect(trip.again.summary.ownOutput).toBe(true);
});

test('a profile for other colours than the picture has is left out where it would be wrong', async () => {
  const grey = await fromRaw(rawPicture(1, 8)).png().toBuffer();
  const trip = await roundTrip(pngWith(grey, { icc: await p3() }));
  expect(noticeCodes(trip)).toEqual(['icc-lost']);
  const jpeg = await fromRaw(rawPicture(1, 8)).jpeg().toBuffer();
  const kept = await roundTrip(jpegWith(jpeg, { icc: await p3() }));
  expect(noticeCodes(kept)).toEqual([]);
  expect((await sharp(kept.encoded.bytes).metadata()).hasProfile).toBe(true);
});

test('density without EXIF is kept everywhere: in EXIF where a format has no place for it', async () => {
  const png = await fromRaw(rawPicture(3, 8)).withMetadata({ density: 240 }).png().toBuffer();
  for (const to of imageFormats) {
    const { encoded } = await roundTrip(png, { format: to });
    const { header, fields } = await found(encoded.bytes);
    expect(fields['XResolution'] ?? header.density).toBe(240);
  }
});

test('texts of a PNG stay in a PNG, and are missed elsewhere', async () => {
  const png = pngWith(await fromRaw(rawPicture(3, 8)).png().toBuffer(), {
    texts: { Author: 'P Artist', Note: 'p note' },
  });
  const kept = await roundTrip(png);
  expect(kept.encoded.bytes.includes('Note\0p note')).toBe(true);
  const author = await roundTrip(png, { metadata: 'copyright' });
  expect(author.encoded.bytes.includes('P Artist')).toBe(true);
  expect(author.encoded.bytes.includes('p note')).toBe(false);
  expect(noticeCodes(await roundTrip(png, { format: 'webp' }))).toEqual(['text-lost']);
});

test('each page of a stack keeps its own description, density and private tags', async () => {
  const pages = [1, 2].map((page) =>
    plainPage({
      width: 5,
      height: 4,
      channels: 1,
      samples: gentle8(5, 4, 1),
      tags: {
        270: ascii(`page ${page}`),
        282: rational(100 * page, 1),
        283: rational(100 * page, 1),
        296: short(3),
        65000: raw(`private ${page}`),
      },
    }),
  );
  const { again } = await roundTrip(makeTiff({ pages }));
  const texts = again.header.tiff!.pages.map(({ entries }) =>
    [270, 65000].map((tag) => entries.get(tag)!.data.toString()),
  );
  expect(texts).toEqual([
    ['page 1\0', 'private 1'],
    ['page 2\0', 'private 2'],
  ]);
  expect(again.header.tiff!.pages[1]!.entries.get(282)!.data.readUInt32LE(0)).toBe(200);
});

test('colours coded in numbers, as HDR pictures have them, go from PNG to AVIF and back', async () => {
  // BT.2020 primaries and the PQ transfer (ITU-T H.273).
  const chunk = pngChunk('cICP', Buffer.from([9, 16, 0, 1]));
  const [width, height] = [48, 32];
  const picture = { width, height, channels: 3 as const, samples: gentle8(width, height, 3) };
  const png = pngWithChunks(await fromRaw(picture).png().toBuffer(), chunk);
  const kept = await roundTrip(png);
  expect(kept.encoded.bytes.includes(chunk)).toBe(true);
  const avif = await roundTrip(png, { format: 'avif', quality: 100 });
  const at = avif.encoded.bytes.indexOf('colrnclx') + 8;
  expect([0, 2, 4].map((step) => avif.encoded.bytes.readUInt16BE(at + step))).toEqual([9, 16, 6]);
  // The matrix written beside them is that of the encoding: the samples still come out as they went in.
  const samples = Array.from(avif.after[0]!.raster.samples);
  expect(Math.max(...samples.map((value, index) => Math.abs(value - picture.samples[index]!)))).toBeLessThan(
    12,
  );
  const back = await roundTrip(avif.encoded.bytes, { format: 'png' });
  expect(back.encoded.bytes.includes(chunk)).toBe(true);
  expect(noticeCodes(back)).toEqual([]);
  expect(noticeCodes(await roundTrip(png, { format: 'jpeg' }))).toEqual(['icc-lost']);
});

test('chunks that say what the numbers of a PNG mean stay under every policy', async () => {
  const gamma = pngChunk('gAMA', Buffer.from([0, 0, 0xb1, 0x8f]));
  const rendering = pngChunk('sRGB', Buffer.from([0]));
  const bytes = pngWithChunks(
    await fromRaw(rawPicture(3, 16)).png().toBuffer(),
    rendering,
    gamma,
    pngChunk('tIME', Buffer.alloc(7, 1)),
  );
  for (const metadata of ['all', 'copyright', 'none'] as const) {
    const trip = await roundTrip(bytes, { metadata });
    expect(trip.encoded.bytes.includes(gamma)).toBe(true);
    expect(trip.encoded.bytes.includes(rendering)).toBe(true);
    expect(trip.encoded.bytes.includes('tIME')).toBe(metadata === 'all');
    expect(trip.after[0]!.raster.samples).toEqual(rawPicture(3, 16).samples);
  }
});

test('comments and makers’ segments of a JPEG stay, previews in Photoshop’s resources do not', async () => {
  const resource = (id: number, data: string) =>
    Buffer.concat([
      Buffer.from('8BIM'),
      Buffer.from([id >> 8, id & 255, 0, 0, 0, 0, 0, data.length]),
      Buffer.from(data),
      Buffer.alloc(data.length % 2),
    ]);
  const bytes = jpegWithSegments(
    await fromRaw(rawPicture(3, 8)).jpeg().toBuffer(),
    jpegSegment(0xfe, 'a comment'),
    jpegSegment(0xe5, 'maker segment'),
    jpegSegment(0xed, 'Photoshop 3.0\0', resource(0x040c, 'old preview'), resource(0x0422, 'something else')),
  );
  const { encoded } = await roundTrip(bytes);
  for (const kept of ['a comment', 'maker segment', 'something else'])
    expect(encoded.bytes.includes(kept), kept).toBe(true);
  expect(encoded.bytes.includes('old preview')).toBe(false);
  const bare = await roundTrip(bytes, { metadata: 'none' });
  for (const gone of ['a comment', 'maker segment', 'something else'])
    expect(bare.encoded.bytes.includes(gone), gone).toBe(false);
});
