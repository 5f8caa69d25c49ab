import { type Phrase, phrase } from '../../contract/texts/fill-in.ts';
import { damaged, Refusal } from './refusal.ts';
import {
  bytesOfType,
  entryOf,
  numberOf,
  readDirectory,
  readStructure,
  textOf,
  tiffType,
  writeDirectory,
  type TiffDirectory,
  type TiffEntry,
  type TiffStructure,
} from './tiff-directory.ts';

/** Tags by the names of the EXIF standard (CIPA DC-008). */
export const exifTag = {
  imageDescription: 270,
  orientation: 274,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  artist: 315,
  copyright: 33432,
  thumbnailOffset: 513,
  thumbnailLength: 514,
  exifPointer: 34665,
  gpsPointer: 34853,
  interopPointer: 40965,
  makerNote: 37500,
  pixelWidth: 40962,
  pixelHeight: 40963,
} as const;

/** EXIF taken apart into its directories. Pointers between them are not entries; writing makes them anew. */
export interface ExifTree {
  readonly littleEndian: boolean;
  readonly main: readonly TiffEntry[];
  readonly exif: readonly TiffEntry[];
  readonly gps: readonly TiffEntry[];
  readonly interop: readonly TiffEntry[];
}

/** EXIF as read from one block. */
export interface ExifBlock {
  readonly tree: ExifTree;
  /** The bytes from the byte order mark on. */
  readonly bytes: Buffer;
  /** What is broken in it; empty when `bytes` may be kept as they are. */
  readonly problems: readonly Phrase[];
  /** A JPEG preview inside the block. */
  readonly thumbnail: { readonly at: number; readonly length: number; readonly lengthAt: number } | null;
}

const pointers: ReadonlySet<number> = new Set([
  exifTag.exifPointer,
  exifTag.gpsPointer,
  exifTag.interopPointer,
]);

/**
 * EXIF from its bytes, with or without the leading `Exif\0\0`. What is broken is left out and named.
 *
 * @throws Refusal when there is no directory to start from
 */
export function readExif(block: Buffer): ExifBlock {
  const bytes = block.toString('latin1', 0, 6) === 'Exif\0\0' ? block.subarray(6) : block;
  const structure = readStructure(bytes);
  const main = readDirectory(structure, structure.first);
  const problems = [...main.problems];
  const seen = new Set([main.offset]);
  const child = (parent: TiffDirectory | null, tag: number) => follow(structure, parent, tag, seen, problems);
  const exif = child(main, exifTag.exifPointer);
  const gps = child(main, exifTag.gpsPointer);
  const interop = child(exif, exifTag.interopPointer);
  const tree = {
    littleEndian: structure.littleEndian,
    main: plainEntries(main),
    exif: plainEntries(exif),
    gps: plainEntries(gps),
    interop: plainEntries(interop),
  };
  const directories = [main, exif, gps, interop].filter((directory) => directory !== null);
  return { tree, bytes, problems, thumbnail: findThumbnail(structure, main.next, directories) };
}

function plainEntries(directory: TiffDirectory | null): TiffEntry[] {
  return directory ? [...directory.entries.values()].filter((entry) => !pointers.has(entry.tag)) : [];
}

/** The directory a pointer leads to; null, with the problem noted, when it leads nowhere or in a circle. */
export function follow(
  structure: TiffStructure,
  parent: TiffDirectory | null,
  tag: number,
  seen: Set<number>,
  problems: Phrase[],
): TiffDirectory | null {
  const offset = numberOf(parent?.entries.get(tag));
  if (offset === undefined) return null;
  try {
    if (seen.has(offset)) throw damaged('damage-directory-loop');
    seen.add(offset);
    const directory = readDirectory(structure, offset);
    problems.push(...directory.problems);
    return directory;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push(error.details.reason ?? phrase('damage-header-unread'));
    return null;
  }
}

/**
 * Where the second directory says a JPEG preview stands. A lie about it only costs the preview: what other directories
 * hold is none.
 */
function findThumbnail(
  structure: TiffStructure,
  offset: number,
  others: readonly TiffDirectory[],
): ExifBlock['thumbnail'] {
  if (offset === 0) return null;
  try {
    const directory = readDirectory(structure, offset);
    const at = numberOf(directory.entries.get(exifTag.thumbnailOffset)) ?? 0;
    const lengthEntry = directory.entries.get(exifTag.thumbnailLength);
    const length = numberOf(lengthEntry) ?? 0;
    const { bytes } = structure;
    const inside = at > 0 && length > 4 && at + length <= bytes.length;
    if (!inside || !lengthEntry || lengthEntry.type !== tiffType.long) return null;
    if (bytes[at] !== 0xff || bytes[at + 1] !== 0xd8) return null;
    if ([directory, ...others].some((other) => reachesInto(bytes, other, at, at + length))) return null;
    return { at, length, lengthAt: lengthEntry.data.byteOffset - bytes.byteOffset };
  } catch {
    return null;
  }
}

/** Whether a directory's table or one of its values stands between two places. */
function reachesInto(
  bytes: Buffer,
  { offset, nextAt, entries }: TiffDirectory,
  from: number,
  to: number,
): boolean {
  if (offset < to && nextAt + 4 > from) return true;
  return [...entries.values()].some(({ data }) => {
    const at = data.byteOffset - bytes.byteOffset;
    return at < to && at + data.length > from;
  });
}

/** Orientation 1 to 8; anything else a file may say counts as upright. */
export function orientationOf(entries: Iterable<TiffEntry>): number {
  for (const entry of entries) {
    if (entry.tag !== exifTag.orientation || !isCount(entry)) continue;
    const value = numberOf(entry) ?? 1;
    return Number.isInteger(value) && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

export interface ExifPatch {
  /** Upright size, written where the block states a size. */
  readonly width: number;
  readonly height: number;
  /** A JPEG to take the place of the preview; null leaves the preview out. */
  readonly thumbnail: Buffer | null;
}

/**
 * A sound block changed in place: orientation 1, the size, the preview. Everything else keeps its position,
 * because maker notes hold offsets that nobody but their maker can correct.
 */
export function patchExif(block: ExifBlock, patch: ExifPatch): Buffer {
  const bytes = Buffer.from(block.bytes);
  const set = (entry: TiffEntry, value: number) => {
    // Of a type too small for its size, a block has not told the truth before.
    if (value >= 256 ** bytesOfType(entry.type)) return;
    const at = entry.data.byteOffset - block.bytes.byteOffset;
    entryOf(entry.tag, entry.type, [value], entry.littleEndian).data.copy(bytes, at);
  };
  for (const [tag, value] of uprightValues(patch)) {
    for (const entry of [...block.tree.main, ...block.tree.exif]) {
      if (entry.tag === tag && isCount(entry)) set(entry, value);
    }
  }
  if (patch.thumbnail && block.thumbnail && patch.thumbnail.length <= block.thumbnail.length) {
    patch.thumbnail.copy(bytes, block.thumbnail.at);
    bytes.fill(0, block.thumbnail.at + patch.thumbnail.length, block.thumbnail.at + block.thumbnail.length);
    const length = [patch.thumbnail.length];
    entryOf(exifTag.thumbnailLength, tiffType.long, length, block.tree.littleEndian).data.copy(
      bytes,
      block.thumbnail.lengthAt,
    );
  } else {
    unlinkSecondDirectory(bytes, block);
  }
  return bytes;
}

/** Without its second directory the block has no preview; the bytes stay, so that nothing moves. */
function unlinkSecondDirectory(bytes: Buffer, block: ExifBlock): void {
  const structure = readStructure(block.bytes);
  const { nextAt } = readDirectory(structure, structure.first);
  if (nextAt + 4 <= bytes.length) bytes.fill(0, nextAt, nextAt + 4);
  if (block.thumbnail) bytes.fill(0, block.thumbnail.at, block.thumbnail.at + block.thumbnail.length);
}

/** One unsigned number: what orientation and sizes must be to mean anything. */
function isCount({ count, type }: TiffEntry): boolean {
  return count === 1 && (type === tiffType.byte || type === tiffType.short || type === tiffType.long);
}

function uprightValues({ width, height }: { width: number; height: number }): [number, number][] {
  return [
    [exifTag.orientation, 1],
    [exifTag.pixelWidth, width],
    [exifTag.pixelHeight, height],
  ];
}

/** The tree with orientation and sizes as those of an upright picture. */
export function uprightTree(tree: ExifTree, size: { width: number; height: number }): ExifTree {
  const values = new Map(uprightValues(size));
  const upright = (entry: TiffEntry) => {
    const value = values.get(entry.tag);
    return value === undefined || !isCount(entry)
      ? entry
      : entryOf(entry.tag, tiffType.long, [value], entry.littleEndian);
  };
  const short = (entry: TiffEntry) =>
    entry.tag === exifTag.orientation ? entryOf(entry.tag, tiffType.short, [1], entry.littleEndian) : entry;
  return { ...tree, main: tree.main.map(upright).map(short), exif: tree.exif.map(upright) };
}

/** Only who made the picture and whose it is. */
export function copyrightTree(tree: ExifTree): ExifTree {
  const kept: number[] = [exifTag.artist, exifTag.copyright];
  const main = tree.main.filter((entry) => kept.includes(entry.tag));
  return { littleEndian: tree.littleEndian, main, exif: [], gps: [], interop: [] };
}

export function isEmptyTree(tree: ExifTree): boolean {
  return tree.main.length + tree.exif.length + tree.gps.length + tree.interop.length === 0;
}

/** A tree as a block of bytes from the byte order mark on, without a preview. */
export function writeExif(tree: ExifTree): Buffer {
  const { littleEndian } = tree;
  const header = Buffer.from(littleEndian ? 'II*\0\x08\0\0\0' : 'MM\0*\0\0\0\x08', 'latin1');
  const placed = placeExif(tree, header.length, []);
  return Buffer.concat([header, ...placed.parts]);
}

/** The main directory of a tree with `more` entries, and the directories it points to, from `offset` on. */
export function placeExif(
  tree: ExifTree,
  offset: number,
  more: readonly TiffEntry[],
): { parts: Buffer[]; nextAt: number; length: number } {
  const { littleEndian } = tree;
  const pointer = (tag: number, to: number) => entryOf(tag, tiffType.long, [to], littleEndian);
  const size = (entries: readonly TiffEntry[]) => writeDirectory(entries, 0, littleEndian).bytes.length;
  const exifUsed = tree.exif.length + tree.interop.length > 0;
  const main = [...tree.main, ...more];
  if (exifUsed) main.push(pointer(exifTag.exifPointer, 0));
  if (tree.gps.length > 0) main.push(pointer(exifTag.gpsPointer, 0));
  const exifEntries =
    tree.interop.length > 0 ? [...tree.exif, pointer(exifTag.interopPointer, 0)] : tree.exif;
  const exifAt = offset + size(main);
  const gpsAt = exifAt + (exifUsed ? size(exifEntries) : 0);
  const interopAt = gpsAt + (tree.gps.length > 0 ? size(tree.gps) : 0);
  const targets = new Map<number, number>([
    [exifTag.exifPointer, exifAt],
    [exifTag.gpsPointer, gpsAt],
    [exifTag.interopPointer, interopAt],
  ]);
  const linked = (entries: readonly TiffEntry[]) =>
    entries.map((entry) => (pointers.has(entry.tag) ? pointer(entry.tag, targets.get(entry.tag)!) : entry));
  const first = writeDirectory(linked(main), offset, littleEndian);
  const parts = [first.bytes];
  if (exifUsed) parts.push(writeDirectory(linked(exifEntries), exifAt, littleEndian).bytes);
  if (tree.gps.length > 0) parts.push(writeDirectory(tree.gps, gpsAt, littleEndian).bytes);
  if (tree.interop.length > 0) parts.push(writeDirectory(tree.interop, interopAt, littleEndian).bytes);
  return { parts, nextAt: first.nextAt, length: parts.reduce((sum, part) => sum + part.length, 0) };
}

/** An entry of ASCII text. */
export function textEntry(tag: number, text: string, littleEndian: boolean): TiffEntry {
  return entryOf(tag, tiffType.ascii, Buffer.from(`${text}\0`, 'utf8'), littleEndian);
}

export function exifText(tree: ExifTree, tag: number): string {
  return textOf(tree.main.find((entry) => entry.tag === tag));
}
