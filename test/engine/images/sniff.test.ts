import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../contract/errors.ts';
import { openImage } from '../../../engine/images/open.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { gentle8, pictureFile } from '../../fixtures/pictures.ts';
import { ascii, long, makeTiff, plainPage, raw, short } from '../../fixtures/pictures-tiff.ts';
import { opened } from './round-trip.ts';

beforeAll(() => prepareSharp());

async function refusal(bytes: Uint8Array): Promise<AppError> {
  const error: unknown = await opened(bytes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

/** An ISO base media file that begins with a brand. */
function brand(major: string, ...compatible: string[]): Buffer {
  const body = Buffer.from(`ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 4);
  return Buffer.concat([size, body, Buffer.alloc(200, 1)]);
}

const filled = (start: string, length = 300) =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(length, 1)]);

describe('H5, H22: pictures that cannot be read are named, with the way out', () => {
  test.each([
    ['HEIC', brand('heic', 'mif1')],
    ['HEIC', brand('mif1', 'heic', 'miaf')],
    ['Canon CR3', brand('crx ', 'isom')],
    ['JPEG XL', filled('\xff\x0a')],
    ['JPEG XL', filled('\0\0\0\x0cJXL \r\n\x87\n')],
    ['JPEG 2000', filled('\0\0\0\x0cjP  \r\n\x87\n')],
    ['JPEG 2000', filled('\xff\x4f\xff\x51')],
    ['JPEG-LS', filled('\xff\xd8\xff\xf7')],
    ['Canon CR2', filled('II*\0\x10\0\0\0CR\x02\0')],
    ['Olympus', filled('IIRO')],
    ['Panasonic', filled('IIU\0')],
    ['Fujifilm', filled('FUJIFILMCCD-RAW 0201')],
    ['BMP', filled('BM')],
    ['Photoshop', filled('8BPS\0\x01')],
    ['OpenEXR', filled('v/1\x01')],
    ['PNM', filled('P6\n10 10\n255\n')],
    ['FITS', filled('SIMPLE  =')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')],
    ['SVG', Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- x -->\n<svg:svg xmlns:svg="a"></svg:svg>')],
    ['SVG', Buffer.from('<svg width="9" height="9"></svg>', 'utf16le')],
  ])('%s', async (name, bytes) => {
    const error = await refusal(bytes);
    expect(error.code).toBe('format-unsupported');
    expect(error.message).toContain(name);
    expect(error.message).toContain('16-bit TIFF');
  });
});

describe('H5: what is no picture is named', () => {
  test.each([
    ['PDF', filled('%PDF-1.7')],
    ['ZIP', filled('PK\x03\x04')],
    ['compressed', filled('\x1f\x8b')],
    ['video', brand('isom', 'mp42')],
    ['video', filled('\x1aE\xdf\xa3')],
    ['video', filled('RIFF\0\0\0\0AVI ')],
    ['sound', filled('RIFF\0\0\0\0WAVE')],
    ['program', filled('\x7fELF')],
    ['macOS', filled('\0\x05\x16\x07')],
    ['web page', Buffer.from('<!DOCTYPE html><html><body>hello, this is a page</body></html>')],
    ['JSON', Buffer.from('{"name": "not a picture", "pixels": []}')],
    ['XML', Buffer.from('<?xml version="1.0"?><note>this is a note</note>')],
    ['text', Buffer.from('Just some words in a file named .png by mistake.')],
    ['no known kind', Buffer.from(Uint8Array.from({ length: 100 }, (_, at) => (at * 151) % 251))],
  ])('%s', async (name, bytes) => {
    const error = await refusal(bytes);
    expect(error.code).toBe('not-a-picture');
    expect(error.message).toContain(name);
  });
});

describe('H22: camera raw files are TIFFs with a mosaic inside', () => {
  const small = gentle8(8, 8, 3);
  const mosaic = { 254: long(0), 256: long(100), 257: long(100), 262: short(32803) };

  test('a mosaic in a nested directory', async () => {
    const tags = { 254: long(1), 271: ascii('NIKON CORPORATION') };
    const page = plainPage({
      width: 8,
      height: 8,
      channels: 3,
      samples: small,
      tags,
      children: { 330: mosaic },
    });
    const error = await refusal(makeTiff({ pages: [page] }));
    expect(error.code).toBe('format-unsupported');
    expect(error.message).toContain('camera raw file (NIKON CORPORATION)');
  });

  test('a mosaic as the first page, and DNG by its version', async () => {
    const pentax = plainPage({
      width: 8,
      height: 8,
      channels: 1,
      samples: gentle8(8, 8, 1),
      photometric: 32803,
    });
    expect((await refusal(makeTiff({ pages: [pentax] }))).code).toBe('format-unsupported');
    const tags = { 50706: { type: 1 as const, values: [1, 4, 0, 0] } };
    const dng = plainPage({ width: 8, height: 8, channels: 3, samples: small, tags });
    expect((await refusal(makeTiff({ pages: [dng] }))).message).toContain('(DNG)');
  });

  test('a TIFF whose nested directories are previews is a TIFF', async () => {
    const preview = { 254: long(1), 256: long(4), 257: long(4), 262: short(2), 270: raw('x') };
    const page = plainPage({ width: 8, height: 8, channels: 3, samples: small, children: { 330: preview } });
    const image = await opened(makeTiff({ pages: [page] }));
    expect(image.summary.pages).toBe(1);
    expect(image.header.losses).toEqual([{ code: 'pages-not-kept', details: { count: 1 } }]);
  });
});

test.each([
  ['nothing', ''],
  ['one byte', '\x89'],
  ['the signature of a PNG', '\x89PNG\r\n\x1a\n'],
  ['the start of a JPEG', '\xff\xd8\xff'],
  ['a JPEG that ends at once', '\xff\xd8\xff\xd9'],
  ['the signature of a GIF', 'GIF89a'],
  ['the signature of a WebP', 'RIFF\x04\0\0\0WEBP'],
  ['zeros', '\0'.repeat(5000)],
])('%s is called empty', async (_, text) => {
  const error = await refusal(Buffer.from(text, 'latin1'));
  expect(error.code).toBe('image-empty');
});

test('a short text is a text file, not the beginning of a picture', async () => {
  expect((await refusal(Buffer.from('hi\n'))).message).toContain('a text file');
});

test('H2: a header without anything behind it is empty or damaged, never more', async () => {
  const tiff = Buffer.from('II*\0\x08\0\0\0', 'latin1');
  const avif = brand('avif', 'mif1').subarray(0, 24);
  for (const bytes of [tiff, avif])
    expect(['image-empty', 'image-damaged']).toContain((await refusal(bytes)).code);
});

test('the sentence names the file as it was given', async () => {
  const file = await pictureFile(Buffer.from('%PDF-1.7 and more'), 'my picture.png');
  await expect(openImage(file)).rejects.toThrow(file);
});
