import type { SourceFormat } from '../../contract/image.ts';
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
  const picture =
    named(bytes, otherPictures) ?? isoPicture(bytes) ?? (isSvg(bytes) ? 'an SVG drawing' : null);
  if (picture) throw new Refusal('format-unsupported', { format: picture });
  if (bytes.toString('latin1', 0, 24).includes('IHDR')) {
    throw damaged('the first bytes of the PNG were changed, as a transfer in text mode does');
  }
  const other = named(bytes, notPictures) ?? (isoBrand(bytes) ? 'a video' : null);
  if (other) throw new Refusal('not-a-picture', { format: other });
  const short = bytes.length < 16 && !isShortText(bytes);
  if (short || bytes.every((byte) => byte === 0)) throw new Refusal('image-empty');
  throw new Refusal('not-a-picture', { format: textKind(bytes) ?? 'its content is of no known kind' });
}

/** A kind and the bytes, as latin-1, by which it is known at an offset. */
type Signature = readonly [kind: string, text: string, at?: number];

const otherPictures: readonly Signature[] = [
  ['a JPEG XL picture', '\xff\x0a'],
  ['a JPEG XL picture', '\0\0\0\x0cJXL '],
  ['a JPEG 2000 picture', '\0\0\0\x0cjP  '],
  ['a JPEG 2000 picture', '\xff\x4f\xff\x51'],
  ['a JPEG-LS picture', '\xff\xd8\xff\xf7'],
  ['a camera raw file (Canon CR2)', 'CR\x02', 8],
  ['a camera raw file (Olympus)', 'IIRO'],
  ['a camera raw file (Olympus)', 'IIRS'],
  ['a camera raw file (Olympus)', 'MMOR'],
  ['a camera raw file (Panasonic)', 'IIU\0'],
  ['a camera raw file (Fujifilm)', 'FUJIFILMCCD-RAW'],
  ['a camera raw file (Sigma)', 'FOVb'],
  ['a camera raw file (Minolta)', '\0MRM'],
  ['a camera raw file (Canon CRW)', 'HEAPCCDR', 6],
  ['a BMP picture', 'BM'],
  ['a Photoshop document', '8BPS'],
  ['a GIMP document', 'gimp xcf'],
  ['an OpenEXR picture', 'v/1\x01'],
  ['a Radiance HDR picture', '#?RADIANCE'],
  ['a Radiance HDR picture', '#?RGBE'],
  ['a QOI picture', 'qoif'],
  ['a DDS texture', 'DDS '],
  ['a FITS picture', 'SIMPLE  ='],
  ['a DICOM picture', 'DICM', 128],
  ['an icon', '\0\0\x01\0'],
  ['an icon', 'icns'],
  ['an MNG animation', '\x8aMNG\r\n'],
  ['a JNG picture', '\x8bJNG\r\n'],
  ['a DjVu document', 'AT&TFORM'],
];

const notPictures: readonly Signature[] = [
  ['a PDF document', '%PDF'],
  ['a PostScript file', '%!PS'],
  ['a ZIP archive', 'PK\x03\x04'],
  ['a ZIP archive', 'PK\x05\x06'],
  ['a compressed file', '\x1f\x8b'],
  ['a compressed file', 'BZh'],
  ['a compressed file', '\xfd7zXZ\0'],
  ['a compressed file', '\x28\xb5\x2f\xfd'],
  ['a 7-Zip archive', '7z\xbc\xaf\x27\x1c'],
  ['a RAR archive', 'Rar!\x1a\x07'],
  ['a video', '\x1aE\xdf\xa3'],
  ['a video', 'FLV\x01'],
  ['a video', '\0\0\x01\xba'],
  ['a video', 'AVI ', 8],
  ['a sound file', 'WAVE', 8],
  ['a sound file', 'ID3'],
  ['a sound file', 'fLaC'],
  ['a sound file', 'OggS'],
  ['a program', '\x7fELF'],
  ['a program', 'MZ'],
  ['macOS folder data', '\0\x05\x16\x07'],
  ['macOS folder data', '\0\0\0\x01Bud1'],
  ['a database', 'SQLite format 3\0'],
  ['an HDF5 data file', '\x89HDF\r\n'],
  ['a NumPy array', '\x93NUMPY'],
];

function startsWith(bytes: Buffer, text: string, at = 0): boolean {
  return bytes.length >= at + text.length && bytes.toString('latin1', at, at + text.length) === text;
}

function named(bytes: Buffer, signatures: readonly Signature[]): string | null {
  return (
    signatures.find(([, text, at]) => startsWith(bytes, text, at))?.[0] ?? portableMap(bytes, signatures)
  );
}

/** PBM, PGM, PPM, PAM and PFM start with a letter, a digit and white space: too short for the table. */
function portableMap(bytes: Buffer, signatures: readonly Signature[]): string | null {
  if (signatures !== otherPictures) return null;
  return /^P[1-7FfL][\s#]/.test(bytes.toString('latin1', 0, 3)) ? 'a portable pixmap (PNM)' : null;
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

function isoPicture(bytes: Buffer): string | null {
  const brands = isoBrands(bytes);
  const has = (...wanted: string[]) => wanted.some((brand) => brands.includes(brand));
  if (has('crx ')) return 'a camera raw file (Canon CR3)';
  if (has('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1')) return 'a HEIC picture';
  if (has('jxl ')) return 'a JPEG XL picture';
  if (has('jp2 ', 'jpx ', 'jph ')) return 'a JPEG 2000 picture';
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

function textKind(bytes: Buffer): string | null {
  const start = bytes.subarray(0, 4096);
  const controls = start.filter((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27)).length;
  if (controls > 0) return null;
  const text = plainStart(bytes);
  if (/<!doctype html|<html[\s>]/i.test(text)) return 'a web page';
  if (/^\s*[[{]/.test(text)) return 'a text file (JSON)';
  if (/^\W*<\?xml/.test(text)) return 'an XML file';
  return 'a text file';
}
