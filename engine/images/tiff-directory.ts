import { type Phrase, phrase } from '../../contract/texts/fill-in.ts';
import { damaged } from './refusal.ts';

/**
 * The structure that TIFF files and EXIF blocks share: a byte order, and directories (IFDs) of tagged values
 * (TIFF 6.0, section 2; BigTIFF doubles the offsets).
 */
export interface TiffStructure {
  readonly bytes: Buffer;
  readonly littleEndian: boolean;
  /** BigTIFF: offsets and counts of 64 bits. */
  readonly big: boolean;
  /** Offset of the first directory. */
  readonly first: number;
}

/** One tag with its value's bytes as they stand in the file. */
export interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
  readonly littleEndian: boolean;
}

export interface TiffDirectory {
  readonly offset: number;
  readonly entries: ReadonlyMap<number, TiffEntry>;
  /** Offset of the directory after this one; 0 at the end. */
  readonly next: number;
  /** Where `next` itself stands. */
  readonly nextAt: number;
  /** What was wrong; the entries concerned are left out. */
  readonly problems: readonly Phrase[];
}

export const tiffType = {
  byte: 1,
  ascii: 2,
  short: 3,
  long: 4,
  rational: 5,
  undefined: 7,
  ifd: 13,
  long8: 16,
};

/** Bytes of one value by type: BYTE, ASCII, SHORT, LONG, RATIONAL, … DOUBLE, IFD, LONG8, SLONG8, IFD8. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** Bytes that change places together between byte orders. */
const swapBytes = [0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4, 0, 0, 8, 8, 8];

export function bytesOfType(type: number): number {
  return typeBytes[type] ?? 0;
}

/** @throws Refusal image-damaged when the header is not one of TIFF */
export function readStructure(bytes: Buffer): TiffStructure {
  const order = bytes.toString('latin1', 0, 2);
  const littleEndian = order === 'II';
  if (bytes.length < 8 || (!littleEndian && order !== 'MM')) throw damaged('damage-header-cut');
  const magic = littleEndian ? bytes.readUInt16LE(2) : bytes.readUInt16BE(2);
  const big = magic === 43;
  if (!big && magic !== 42) throw damaged('damage-header-not-tiff');
  const structure = { bytes, littleEndian, big, first: 0 };
  return { ...structure, first: readUnsigned(structure, big ? 8 : 4, big ? 8 : 4) };
}

/** More entries a classic TIFF cannot count; there are no more tags. */
const mostEntries = 65_535;

/**
 * The directory at an offset. Values that lie outside the bytes, or of unknown type, are left out and named.
 *
 * @throws Refusal image-damaged when the directory itself lies outside
 */
export function readDirectory(structure: TiffStructure, offset: number): TiffDirectory {
  const { big, bytes } = structure;
  const entries = new Map<number, TiffEntry>();
  const problems: Phrase[] = [];
  const count = readUnsigned(structure, offset, big ? 8 : 2);
  const start = offset + (big ? 8 : 2);
  const entryBytes = big ? 20 : 12;
  const nextAt = start + count * entryBytes;
  if (offset < 8 || count === 0 || count > mostEntries || nextAt > bytes.length)
    throw damaged('damage-directory-cut');
  for (let index = 0; index < count; index++) {
    const entry = readEntry(structure, start + index * entryBytes);
    if ('phrase' in entry) problems.push(entry);
    else if (!entries.has(entry.tag)) entries.set(entry.tag, entry);
  }
  // Many writers leave the last pointer out at the very end of the bytes.
  const next = nextAt + (big ? 8 : 4) <= bytes.length ? readUnsigned(structure, nextAt, big ? 8 : 4) : 0;
  return { offset, entries, next, nextAt, problems };
}

function readEntry(structure: TiffStructure, at: number): TiffEntry | Phrase {
  const { big, bytes, littleEndian } = structure;
  const tag = readUnsigned(structure, at, 2);
  const type = readUnsigned(structure, at + 2, 2);
  const count = readUnsigned(structure, at + 4, big ? 8 : 4);
  const length = count * bytesOfType(type);
  const inlineAt = at + (big ? 12 : 8);
  if (bytesOfType(type) === 0) return phrase('damage-tag-type', { tag, type });
  const start = length <= (big ? 8 : 4) ? inlineAt : readUnsigned(structure, inlineAt, big ? 8 : 4);
  if (start + length > bytes.length) return phrase('damage-tag-outside', { tag });
  return { tag, type, count, data: bytes.subarray(start, start + length), littleEndian };
}

/** An unsigned number of 2, 4 or 8 bytes; larger than 2^53 is as good as outside the file. */
export function readUnsigned(structure: TiffStructure, at: number, size: 2 | 4 | 8): number {
  const { bytes, littleEndian } = structure;
  if (!Number.isInteger(at) || at < 0 || at + size > bytes.length) throw damaged('damage-offset-outside');
  if (size === 8) return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return littleEndian ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
}

/** More numbers than this are an attack: a list for every strip of the largest picture is shorter. */
const mostNumbers = 2 ** 22;

/** The values of an entry of any numeric type, the first `most` of them; rationals as quotients. */
export function numbersOf(entry: TiffEntry | undefined, most: number = mostNumbers): number[] {
  if (!entry) return [];
  const view = new DataView(entry.data.buffer, entry.data.byteOffset, entry.data.byteLength);
  const size = bytesOfType(entry.type);
  return Array.from({ length: Math.min(entry.count, most) }, (_, index) =>
    readNumber(view, index * size, entry),
  );
}

export function numberOf(entry: TiffEntry | undefined): number | undefined {
  return entry && entry.count > 0 ? numbersOf({ ...entry, count: 1 })[0] : undefined;
}

function readNumber(view: DataView, at: number, entry: TiffEntry): number {
  const little = entry.littleEndian;
  switch (entry.type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    case 16:
    case 18:
      return Number(view.getBigUint64(at, little));
    case 17:
      return Number(view.getBigInt64(at, little));
    default:
      return view.getUint8(at);
  }
}

/** Names and notes are shorter. */
const longestText = 2 ** 16;

/** ASCII and byte values as text, up to the first NUL. */
export function textOf(entry: TiffEntry | undefined): string {
  if (!entry) return '';
  const data = entry.data.subarray(0, longestText);
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end < 0 ? data.length : end);
}

/** The same entry with its value in the byte order wanted. */
export function inByteOrder(entry: TiffEntry, littleEndian: boolean): TiffEntry {
  if (entry.littleEndian === littleEndian) return entry;
  const size = swapBytes[entry.type] ?? 1;
  const data = Buffer.from(entry.data);
  for (let at = 0; size > 1 && at < data.length; at += size) data.subarray(at, at + size).reverse();
  return { ...entry, data, littleEndian };
}

/** A new entry of unsigned numbers (BYTE, SHORT, LONG) or of bytes as they are (ASCII, UNDEFINED). */
export function entryOf(
  tag: number,
  type: number,
  values: readonly number[] | Buffer,
  littleEndian: boolean,
): TiffEntry {
  if (Buffer.isBuffer(values)) return { tag, type, count: values.length, data: values, littleEndian };
  const size = type === tiffType.rational ? 4 : bytesOfType(type);
  const data = Buffer.alloc(values.length * size);
  values.forEach((value, index) =>
    littleEndian ? data.writeUIntLE(value, index * size, size) : data.writeUIntBE(value, index * size, size),
  );
  const count = type === tiffType.rational ? values.length / 2 : values.length;
  return { tag, type, count, data, littleEndian };
}

/** BigTIFF's 64-bit numbers as LONG, for files that have none. Pointers that do not fit are not kept anyway. */
function narrowed(entry: TiffEntry): TiffEntry {
  if (entry.type < 16) return entry;
  const values = numbersOf(entry).map((value) => Math.min(Math.max(value, 0), 0xffffffff));
  return entryOf(entry.tag, tiffType.long, values, entry.littleEndian);
}

/**
 * A directory as bytes, to stand at the even `offset`: the table, then the values longer than four bytes. The
 * pointer to the next directory, at `nextAt` (an offset of the whole), is 0.
 */
export function writeDirectory(
  entries: readonly TiffEntry[],
  offset: number,
  littleEndian: boolean,
): { bytes: Buffer; nextAt: number } {
  const sorted = entries
    .map((entry) => inByteOrder(narrowed(entry), littleEndian))
    .sort((a, b) => a.tag - b.tag);
  const tableBytes = 2 + sorted.length * 12 + 4;
  const table = Buffer.alloc(tableBytes);
  const write = (value: number, at: number, size: 2 | 4) =>
    littleEndian ? table.writeUIntLE(value, at, size) : table.writeUIntBE(value, at, size);
  const values: Buffer[] = [];
  let valueAt = offset + tableBytes;
  const place = (data: Buffer) => {
    const padding = data.length % 2;
    values.push(data, Buffer.alloc(padding));
    valueAt += data.length + padding;
    return valueAt - data.length - padding;
  };
  // Short values first: whoever looks for our mark reads only the head of the file.
  const long = sorted.filter(({ data }) => data.length > 4).sort((a, b) => a.data.length - b.data.length);
  const places = new Map(long.map((entry) => [entry, place(entry.data)]));
  write(sorted.length, 0, 2);
  sorted.forEach((entry, index) => {
    const at = 2 + index * 12;
    write(entry.tag, at, 2);
    write(entry.type, at + 2, 2);
    write(entry.count, at + 4, 4);
    const valuePlace = places.get(entry);
    if (valuePlace === undefined) entry.data.copy(table, at + 8);
    else write(valuePlace, at + 8, 4);
  });
  return { bytes: Buffer.concat([table, ...values]), nextAt: offset + tableBytes - 4 };
}
