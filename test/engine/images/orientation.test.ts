import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { upright } from '../../../engine/images/orientation.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { fromRaw, gentle8, rawPicture, type RawPicture } from '../../fixtures/pictures.ts';
import { makeTiff, plainPage, short } from '../../fixtures/pictures-tiff.ts';
import { noticeCodes, opened, roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

/** The EXIF standard's table: where row 0 and column 0 of the stored picture are seen. */
const seen = [
  { orientation: 1, at: (x: number, y: number, _w: number, _h: number) => [x, y] },
  { orientation: 2, at: (x: number, y: number, w: number) => [w - 1 - x, y] },
  { orientation: 3, at: (x: number, y: number, w: number, h: number) => [w - 1 - x, h - 1 - y] },
  { orientation: 4, at: (x: number, y: number, _w: number, h: number) => [x, h - 1 - y] },
  { orientation: 5, at: (x: number, y: number) => [y, x] },
  { orientation: 6, at: (x: number, y: number, _w: number, h: number) => [h - 1 - y, x] },
  { orientation: 7, at: (x: number, y: number, w: number, h: number) => [h - 1 - y, w - 1 - x] },
  { orientation: 8, at: (x: number, y: number, w: number) => [y, w - 1 - x] },
] as const;

/** Pixel by pixel, straight from the table. */
function reference({ width, height, channels, samples }: RawPicture, orientation: number) {
  const turned = orientation > 4;
  const outWidth = turned ? height : width;
  const out = samples.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = seen[orientation - 1]!.at(x, y, width, height) as [number, number];
      for (let c = 0; c < channels; c++) {
        out[(toY * outWidth + toX) * channels + c] = samples[(y * width + x) * channels + c]!;
      }
    }
  }
  return { width: outWidth, height: turned ? width : height, samples: out };
}

test.each(seen)('H15: orientation $orientation turns samples as the standard says', ({ orientation }) => {
  // Wider and higher than the block that is turned at once.
  for (const [width, height] of [
    [1, 1],
    [1, 7],
    [150, 3],
    [67, 130],
  ] as const) {
    for (const channels of [1, 3] as const) {
      const samples = Uint16Array.from({ length: width * height * channels }, (_, at) => at);
      const raster = upright({ width, height, channels, samples }, orientation);
      const expected = reference({ width, height, channels, samples }, orientation);
      expect([raster.width, raster.height]).toEqual([expected.width, expected.height]);
      expect(raster.samples).toEqual(expected.samples);
    }
  }
});

const lossless = ['png', 'webp', 'tiff'] as const;

test.each(seen.flatMap(({ orientation }) => lossless.map((format) => ({ format, orientation }))))(
  'H15: $format with orientation $orientation comes out upright, with orientation 1',
  async ({ format, orientation }) => {
    const picture = rawPicture(3, 8);
    const pipeline = fromRaw(picture).withMetadata({ orientation });
    const bytes = await pipeline.toFormat(format, { lossless: true, compression: 'lzw' }).toBuffer();
    expect((await sharp(bytes).metadata()).orientation).toBe(orientation);
    const trip = await roundTrip(bytes);
    const expected = reference(picture, orientation);
    expect(trip.image.summary).toMatchObject({ width: expected.width, height: expected.height });
    expect(trip.before[0]!.raster.samples).toEqual(expected.samples);
    expect(trip.after[0]!.raster.samples).toEqual(expected.samples);
    // A reader that is not ours, turning by itself, sees the same size: nothing is turned twice.
    const header = await sharp(trip.encoded.bytes).metadata();
    expect(header.orientation ?? 1).toBe(1);
    expect([header.autoOrient.width, header.autoOrient.height]).toEqual([expected.width, expected.height]);
  },
);

test.each(seen)(
  'H15: a TIFF page of 16 bits and one of float turn by orientation $orientation',
  async ({ orientation }) => {
    const picture = rawPicture(3, 16);
    const { width, height, samples } = picture;
    const floats = Float32Array.from(samples, (value) => value / 65536);
    const tags = { 274: short(orientation) };
    const pages = [
      plainPage({ width, height, channels: 3, samples, tags }),
      plainPage({ width, height, channels: 3, samples: floats, sampleFormat: 3, tags }),
    ];
    const { before, after } = await roundTrip(makeTiff({ pages }));
    const expected = reference(picture, orientation);
    for (const trip of [before, after]) {
      expect(trip[0]!.raster.samples).toEqual(expected.samples);
      expect(trip[1]!.raster.samples).toEqual(Float32Array.from(expected.samples, (value) => value / 65536));
      expect(trip[1]!.raster.width).toBe(expected.width);
    }
  },
);

test.each(seen)(
  'H15: JPEG and AVIF with orientation $orientation come out upright',
  async ({ orientation }) => {
    const [width, height] = [48, 32];
    const picture = { width, height, channels: 3 as const, samples: gentle8(width, height, 3) };
    const expected = reference(picture, orientation);
    for (const format of ['jpeg', 'avif'] as const) {
      const options = { quality: 100, chromaSubsampling: '4:4:4' };
      const bytes = await fromRaw(picture).withMetadata({ orientation }).toFormat(format, options).toBuffer();
      const trip = await roundTrip(bytes);
      for (const { raster } of [trip.before[0]!, trip.after[0]!]) {
        expect([raster.width, raster.height]).toEqual([expected.width, expected.height]);
        const worst = Array.from(raster.samples).reduce(
          (most, value, at) => Math.max(most, Math.abs(value - expected.samples[at]!)),
          0,
        );
        expect(worst).toBeLessThan(12);
      }
      expect((await sharp(trip.encoded.bytes).metadata()).orientation ?? 1).toBe(1);
    }
  },
);

test.each([0, 9, 65535])(
  'H15: orientation %i means nothing and the picture stays as it is',
  async (orientation) => {
    const samples = gentle8(10, 6, 3);
    const page = plainPage({ width: 10, height: 6, channels: 3, samples, tags: { 274: short(orientation) } });
    const trip = await roundTrip(makeTiff({ pages: [page] }));
    expect(trip.image.summary).toMatchObject({ width: 10, height: 6 });
    expect(trip.after[0]!.raster.samples).toEqual(samples);
  },
);

test('H15: where EXIF and XMP disagree, EXIF decides, and neither asks for turning again', async () => {
  const xmp =
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/>' +
    '</rdf:RDF></x:xmpmeta>';
  const picture = rawPicture(3, 8);
  const bytes = await fromRaw(picture).withMetadata({ orientation: 6 }).withXmp(xmp).png().toBuffer();
  const trip = await roundTrip(bytes);
  expect(trip.before[0]!.raster.samples).toEqual(reference(picture, 6).samples);
  const { xmpAsString } = await sharp(trip.encoded.bytes).metadata();
  expect(xmpAsString).toContain('tiff:Orientation="1"');
  expect(noticeCodes(trip)).toEqual([]);
});

test('the size in the header is the upright one', async () => {
  const bytes = await fromRaw(rawPicture(3, 8)).withMetadata({ orientation: 8 }).jpeg().toBuffer();
  expect((await opened(bytes)).summary).toMatchObject({ width: 29, height: 37 });
});
