import type { SourceFormat } from '../../contract/image.ts';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { damaged, Refusal } from './refusal.ts';

/**
 * What bytes are, by their content; the file's name plays no part.
 *
 * @throws Refusal image-empty, image-damaged, format-unsupported (a picture that can't be read here),
 *   not-a-picture
 */
export function sniffFormat(bytes: Buffer): SourceFormat {
  const format = pictureFormat(bytes);
  if (format) return format;
  const other =
    named(bytes, otherPictures) ?? isoPicture(bytes) ?? (isSvg(bytes) ? phrase('kind-svg') : null);
  if (other) throw new Refusal('format-unsupported', { kind: other });
  if (bytes.toString('latin1', 0, 24).includes('IHDR')) {
    throw damaged('damage-text-mode');
  }
  const strange = named(bytes, notPictures) ?? (isoBrand(bytes) ? phrase('kind-video') : null);
  if (strange) throw new Refusal('not-a-picture', { kind: strange });
  const short = bytes.length < 16 && !isShortText(bytes);
  if (short || bytes.every((byte) => byte === 0)) throw new Refusal('image-empty');
  throw new Refusal('not-a-picture', { kind: textKind(bytes) ?? phrase('kind-no-known') });
}

/** A kind and the bytes, as latin-1, by which it is known at an offset. */
type Signature = readonly [kind: Phrase, text: string, at?: number];

const picture = (format: string): Phrase => phrase('kind-picture', { format });
const raw = (maker: string): Phrase => phrase('kind-raw-of', { maker });

const otherPictures: readonly Signature[] = [
  [picture('JPEG XL'), '\xff\x0a'],
  [picture('JPEG XL'), '\0\0\0\x0cJXL '],
  [picture('JPEG 2000'), '\0\0\0\x0cjP  '],
  [picture('JPEG 2000'), '\xff\x4f\xff\x51'],
  [picture('JPEG-LS'), '\xff\xd8\xff\xf7'],
  [raw('Canon CR2'), 'CR\x02', 8],
  [raw('Olympus'), 'IIRO'],
  [raw('Olympus'), 'IIRS'],
  [raw('Olympus'), 'MMOR'],
  [raw('Panasonic'), 'IIU\0'],
  [raw('Fujifilm'), 'FUJIFILMCCD-RAW'],
  [raw('Sigma'), 'FOVb'],
  [raw('Minolta'), '\0MRM'],
  [raw('Canon CRW'), 'HEAPCCDR', 6],
  [picture('BMP'), 'BM'],
  [phrase('kind-photoshop'), '8BPS'],
  [phrase('kind-gimp'), 'gimp xcf'],
  [phrase('kind-openexr'), 'v/1\x01'],
  [picture('Radiance HDR'), '#?RADIANCE'],
  [picture('Radiance HDR'), '#?RGBE'],
  [picture('QOI'), 'qoif'],
  [phrase('kind-dds'), 'DDS '],
  [picture('FITS'), 'SIMPLE  ='],
  [picture('DICOM'), 'DICM', 128],
  [phrase('kind-icon'), '\0\0\x01\0'],
  [phrase('kind-icon'), 'icns'],
  [phrase('kind-mng'), '\x8aMNG\r\n'],
  [picture('JNG'), '\x8bJNG\r\n'],
  [phrase('kind-djvu'), 'AT&TFORM'],
];

const notPictures: readonly Signature[] = [
  [phrase('kind-pdf'), '%PDF'],
  [phrase('kind-postscript'), '%!PS'],
  [phrase('kind-archive', { format: 'ZIP' }), 'PK\x03\x04'],
  [phrase('kind-archive', { format: 'ZIP' }), 'PK\x05\x06'],
  [phrase('kind-compressed'), '\x1f\x8b'],
  [phrase('kind-compressed'), 'BZh'],
  [phrase('kind-compressed'), '\xfd7zXZ\0'],
  [phrase('kind-compressed'), '\x28\xb5\x2f\xfd'],
  [phrase('kind-archive', { format: '7-Zip' }), '7z\xbc\xaf\x27\x1c'],
  [phrase('kind-archive', { format: 'RAR' }), 'Rar!\x1a\x07'],
  [phrase('kind-video'), '\x1aE\xdf\xa3'],
  [phrase('kind-video'), 'FLV\x01'],
  [phrase('kind-video'), '\0\0\x01\xba'],
  [phrase('kind-video'), 'AVI ', 8],
  [phrase('kind-sound'), 'WAVE', 8],
  [phrase('kind-sound'), 'ID3'],
  [phrase('kind-sound'), 'fLaC'],
  [phrase('kind-sound'), 'OggS'],
  [phrase('kind-program'), '\x7fELF'],
  [phrase('kind-program'), 'MZ'],
  [phrase('kind-macos-folder'), '\0\x05\x16\x07'],
  [phrase('kind-macos-folder'), '\0\0\0\x01Bud1'],
  [phrase('kind-database'), 'SQLite format 3\0'],
  [phrase('kind-hdf5'), '\x89HDF\r\n'],
  [phrase('kind-numpy'), '\x93NUMPY'],
];

function startsWith(bytes: Buffer, text: string, at = 0): boolean {
  return bytes.length >= at + text.length && bytes.toString('latin1', at, at + text.length) === text;
}

function named(bytes: Buffer, signatures: readonly Signature[]): Phrase | null {
  return (
    signatures.find(([, text, at]) => startsWith(bytes, text, at))?.[0] ?? portableMap(bytes, signatures)
  );
}

/** PBM, PGM, PPM, PAM and PFM start with a letter, a digit and white space: too short for the table. */
function portableMap(bytes: Buffer, signatures: readonly Signature[]): Phrase | null {
  if (signatures !== otherPictures) return null;
  return /^P[1-7FfL][\s#]/.test(bytes.toString('latin1', 0, 3)) ? phrase('kind-pnm') : null;
}

function pictureFormat(bytes: Buffer): SourceFormat | null {
  if (startsWith(bytes, '\xff\xd8\xff') && bytes[3] !== 0xf7) return 'jpeg';
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return 'gif';
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return 'webp';
  const tiff = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((text) => startsWith(bytes, text));
  if (tiff && !startsWith(bytes, 'CR\x02', 8)) return 'tiff';
  const brands = isoBrands(bytes);
  return brands.some((brand) => brand === 'avif' || brand === 'avis') ? 'avif' : null;
}

function isoBrand(bytes: Buffer): string | null {
  return startsWith(bytes, 'ftyp', 4) ? bytes.toString('latin1', 8, 12) : null;
}

/** Major and compatible brands of an ISO base media file. */
function isoBrands(bytes: Buffer): string[] {
  const major = isoBrand(bytes);
  if (major === null) return [];
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 512);
  const brands = [major];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(bytes.toString('latin1', at, at + 4));
  return brands;
}

function isoPicture(bytes: Buffer): Phrase | null {
  const brands = isoBrands(bytes);
  const has = (...wanted: string[]) => wanted.some((brand) => brands.includes(brand));
  if (has('crx ')) return raw('Canon CR3');
  if (has('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1')) return picture('HEIC');
  if (has('jxl ')) return picture('JPEG XL');
  if (has('jp2 ', 'jpx ', 'jph ')) return picture('JPEG 2000');
  return null;
}

function isSvg(bytes: Buffer): boolean {
  return /<svg[\s>:]/i.test(plainStart(bytes)) || /<!DOCTYPE\s+svg/i.test(plainStart(bytes));
}

/** The beginning as text, UTF-16 and byte order marks taken care of as far as signatures need it. */
function plainStart(bytes: Buffer): string {
  return bytes.toString('latin1', 0, 4096).replaceAll('\0', '');
}

/** A few bytes are text only where they are plain, and not the letters with which a picture begins. */
function isShortText(bytes: Buffer): boolean {
  return /^(?!GIF|RIFF|II|MM)[\t\n\r\x20-\x7e]+$/.test(bytes.toString('latin1'));
}

function textKind(bytes: Buffer): Phrase | null {
  const start = bytes.subarray(0, 4096);
  const controls = start.filter((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27)).length;
  if (controls > 0) return null;
  const text = plainStart(bytes);
  if (/<!doctype html|<html[\s>]/i.test(text)) return phrase('kind-web-page');
  if (/^\s*[[{]/.test(text)) return phrase('kind-json');
  if (/^\W*<\?xml/.test(text)) return phrase('kind-xml');
  return phrase('kind-text');
}
