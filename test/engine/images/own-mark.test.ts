import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { imageFormats } from '../../../contract/image.ts';
import { markDescription, readOwnMark } from '../../../engine/images/own-mark.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { uprightXmp, withOwnMark, xmpText } from '../../../engine/images/xmp.ts';
import { fromRaw, noise8, rawPicture } from '../../fixtures/pictures.ts';
import { pngWith } from '../../fixtures/pictures-containers.ts';
import { makeTiff, plainPage, raw } from '../../fixtures/pictures-tiff.ts';
import { roundTrip } from './round-trip.ts';

beforeAll(() => prepareSharp());

const part = 256 * 1024;

test.each(imageFormats)('a %s of ours is known by its first or last part alone', async (format) => {
  const picture = { width: 700, height: 500, channels: 3 as const, samples: noise8(700 * 500 * 3) };
  const icc = (await sharp(await fromRaw(rawPicture(3, 8)).withIccProfile('p3').png().toBuffer()).metadata())
    .icc!;
  const source = pngWith(await fromRaw(picture).png().toBuffer(), { icc });
  expect(readOwnMark(source)).toBe(false);
  const { encoded, again } = await roundTrip(source, { format });
  expect(encoded.bytes.length).toBeGreaterThan(part);
  const atEnd = format === 'webp' || format === 'avif';
  expect(readOwnMark(atEnd ? encoded.bytes.subarray(-part) : encoded.bytes.subarray(0, part))).toBe(true);
  expect(again.summary.ownOutput).toBe(true);
});

test('a long description before it and a long packet around it do not hide the mark', async () => {
  const packet = `<rdf:RDF xmlns:rdf="x"><rdf:Description about="${'y'.repeat(400_000)}"/></rdf:RDF>`;
  const tags = { 270: { type: 2 as const, bytes: `${'d'.repeat(500_000)}\0` }, 700: raw(packet) };
  const page = plainPage({ width: 700, height: 500, channels: 3, samples: noise8(700 * 500 * 3), tags });
  const { encoded } = await roundTrip(makeTiff({ pages: [page] }));
  expect(readOwnMark(encoded.bytes.subarray(0, part))).toBe(true);
  expect(encoded.bytes.includes('y'.repeat(400_000))).toBe(true);
});

test('cleaning a result again leaves one mark, not two', async () => {
  const once = await roundTrip(await fromRaw(rawPicture(3, 8)).png().toBuffer(), { ownMark: 'first' });
  const twice = await roundTrip(once.encoded.bytes, { ownMark: 'second' });
  const { xmpAsString } = await sharp(twice.encoded.bytes).metadata();
  expect(xmpAsString!.match(/unspeckle:Cleaned/g)).toHaveLength(1);
  expect(xmpAsString).toContain('unspeckle:Cleaned="second"');
});

test('text in the mark cannot break out of it', () => {
  const packet = withOwnMark(null, `"><script>&'\u0000\u0007`);
  expect(packet).toContain('&quot;&gt;&lt;script&gt;&amp;&apos;"/>');
  expect(markDescription('a')).toContain('unspeckle:Cleaned="a"');
});

test('packets in any prefix and any Unicode form take the mark; others are not packets', () => {
  const packet =
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><R:RDF xmlns:R="r"><R:Description R:about=""/></R:RDF></x:xmpmeta>';
  const utf16 = Buffer.from(packet, 'utf16le');
  const forms = [
    Buffer.from(packet),
    utf16,
    Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
    Buffer.from(utf16).swap16(),
  ];
  for (const form of forms) {
    const marked = withOwnMark(xmpText(form), 'm');
    expect(marked).toContain('<R:RDF xmlns:R="r"><R:Description R:about="" xmlns:unspeckle=');
    expect(marked).toContain('<R:Description R:about=""/></R:RDF>');
  }
  for (const other of ['', 'plain words', '<rdf:RDF>without an end'])
    expect(xmpText(Buffer.from(other))).toBeNull();
});

test('orientation in XMP is set upright in both ways of writing it', () => {
  expect(uprightXmp('<a tiff:Orientation="6"/>')).toBe('<a tiff:Orientation="1"/>');
  expect(uprightXmp("<a tiff:Orientation = '8'/>")).toBe("<a tiff:Orientation = '1'/>");
  expect(uprightXmp('<tiff:Orientation>3</tiff:Orientation>')).toBe('<tiff:Orientation>1</tiff:Orientation>');
});

test('packets made to be slow are not', () => {
  const start = process.cpuUsage();
  for (const text of [
    '<dc:creator '.repeat(50_000),
    '</'.repeat(100_000),
    'tiff:Orientation '.repeat(50_000),
  ]) {
    xmpText(Buffer.from(`${text}</rdf:RDF>`));
    uprightXmp(text);
  }
  expect(process.cpuUsage(start).user).toBeLessThan(1e6);
});
