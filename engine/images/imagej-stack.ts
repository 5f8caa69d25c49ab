import {
  entryOf,
  numberOf,
  numbersOf,
  textOf,
  tiffType,
  type TiffDirectory,
  type TiffEntry,
  type TiffStructure,
} from './tiff-directory.ts';
import { tiffTag } from './tiff-tags.ts';

/** The stack's description, and what ImageJ keeps of its slices, stand on the first page alone. */
const ofTheStack: ReadonlySet<number> = new Set([270, 50838, 50839]);
const mostPages = 65_535;

/**
 * ImageJ, and programs that write for it, list only the first picture of some stacks; the others follow its data without
 * a directory of their own, as many as the description says (`images=100`). They are pages like any others, where the
 * file has room for all of them: the description may have stayed on a picture that was taken out of its stack.
 */
export function withUnlisted({ bytes }: TiffStructure, first: TiffDirectory): TiffDirectory[] {
  const count = Number(/^ImageJ=[^]*?\nimages=(\d+)/.exec(textOf(first.entries.get(270)))?.[1] ?? 1);
  const stored = storedPlainly(first);
  if (!stored || count < 2 || count > mostPages || stored.at + count * stored.length > bytes.length) {
    return [first];
  }
  return Array.from({ length: count }, (_, index) => {
    const place = placeOf(first, stored.at + index * stored.length, stored.length);
    const own = [...first.entries].filter(([tag]) => index === 0 || !ofTheStack.has(tag));
    return { ...first, entries: new Map([...own, ...place]) };
  });
}

/** Where the samples of a page stand, uncompressed and in one piece; null where they do not. */
function storedPlainly({ entries }: TiffDirectory): { at: number; length: number } | null {
  const number = (tag: number, otherwise: number) => numberOf(entries.get(tag)) ?? otherwise;
  const [bits, samples] = [number(tiffTag.bits, 1), number(tiffTag.samples, 1)];
  const plain = number(tiffTag.compression, 1) === 1 && number(tiffTag.planar, 1) === 1;
  const offsets = numbersOf(entries.get(tiffTag.stripOffsets));
  const counts = numbersOf(entries.get(tiffTag.stripByteCounts));
  const [at] = offsets;
  if (at === undefined || !plain || ![8, 16, 32].includes(bits)) return null;
  if (offsets.some((offset, index) => index > 0 && offset !== offsets[index - 1]! + counts[index - 1]!))
    return null;
  const length = number(tiffTag.width, 0) * number(tiffTag.height, 0) * samples * (bits / 8);
  return length > 0 ? { at, length } : null;
}

/** The tags that say where one page of the stack stands. */
function placeOf({ entries }: TiffDirectory, at: number, length: number): [number, TiffEntry][] {
  const { littleEndian } = entries.get(tiffTag.width)!;
  const long = (tag: number, value: number): [number, TiffEntry] => [
    tag,
    entryOf(tag, tiffType.long, [value], littleEndian),
  ];
  const rows = numberOf(entries.get(tiffTag.height))!;
  return [
    long(tiffTag.stripOffsets, at),
    long(tiffTag.rowsPerStrip, rows),
    long(tiffTag.stripByteCounts, length),
  ];
}
