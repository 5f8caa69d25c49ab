import { type Phrase, phrase } from '../../contract/texts/fill-in.ts';
import type { PhraseKey } from '../../contract/texts/phrases-en.ts';
import { exifTag, follow, type ExifTree } from './exif.ts';
import { iptcOf } from './photoshop.ts';
import { iccProblem, noMetadata, type Density, type PictureMetadata } from './picture-metadata.ts';
import { numberOf, type TiffDirectory, type TiffEntry } from './tiff-directory.ts';
import type { TiffFile, TiffPage } from './tiff-file.ts';
import { tiffTag } from './tiff-tags.ts';

/** Tags that describe how pixels are stored, point to other directories, or are handled by themselves. */
const structural: ReadonlySet<number> = new Set<number>([
  ...[
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 284, 288, 289,
  ],
  ...[
    290, 291, 292, 293, 301, 317, 320, 321, 322, 323, 324, 325, 326, 327, 328, 330, 332, 333, 334, 336, 337,
  ],
  ...[338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532],
  ...[tiffTag.xmp, tiffTag.iptc, tiffTag.photoshop, tiffTag.icc, exifTag.exifPointer, exifTag.gpsPointer],
  // Photoshop's layers would show the noise; content credentials sign the old pixels; LERC is an encoding.
  ...[tiffTag.layers, 50674, 50675, tiffTag.credentials],
]);

/** What a page says about itself beside its pixels, to be written again with it. */
export function descriptiveEntries(page: TiffPage): TiffEntry[] {
  return [...page.entries.values()].filter((entry) => !structural.has(entry.tag));
}

/** Tags of the first directory that EXIF knows too, for formats that hold EXIF as a block. */
const sharedWithExif: ReadonlySet<number> = new Set([
  ...[269, 270, 271, 272, 282, 283, 285, 296, 305, 306, 315, 316, 318, 319, 33432, 18246, 18249],
  ...[40091, 40092, 40093, 40094, 40095],
]);

/** Which page of how many: that is said by what the result is. */
const pageNumber = 297;

/** How many tags describe a page that only TIFF can hold: places on a map, what a microscope was set to. */
export function tagsOfTiffAlone(page: TiffPage): number {
  return descriptiveEntries(page).filter(({ tag }) => !sharedWithExif.has(tag) && tag !== pageNumber).length;
}

export function tiffMetadata({ structure, pages }: TiffFile): PictureMetadata {
  const first = pages[0]!;
  const block = (tag: number) => first.entries.get(tag)?.data ?? null;
  const problems: Phrase[] = [];
  const tree = exifOf(structure, first, problems);
  const broken = pages.map(profileProblem).find((problem) => problem !== null);
  if (broken) problems.push(phrase('damage-block-of', { block: 'ICC', reason: phrase(broken) }));
  const photoshop = block(tiffTag.photoshop);
  return {
    ...noMetadata,
    exif: { tree, bytes: Buffer.alloc(0), problems, thumbnail: null },
    xmp: block(tiffTag.xmp),
    icc: profileOf(first),
    iptc: block(tiffTag.iptc) ?? (photoshop ? iptcOf(photoshop) : null),
    density: densityOf(first.entries),
    native: photoshop ? [{ kind: 'photoshop', data: photoshop }] : [],
    problems,
  };
}

/** The colour profile of a page, each of which may have its own; null for none that can be used. */
export function profileOf(page: TiffPage): Buffer | null {
  return profileProblem(page) ? null : (page.entries.get(tiffTag.icc)?.data ?? null);
}

function profileProblem({ entries }: TiffPage): PhraseKey | null {
  const icc = entries.get(tiffTag.icc)?.data;
  return icc ? iccProblem(icc) : null;
}

function exifOf(structure: TiffFile['structure'], page: TiffPage, problems: Phrase[]): ExifTree {
  const main: TiffDirectory = { offset: 0, entries: page.entries, next: 0, nextAt: 0, problems: [] };
  const seen = new Set<number>();
  const exif = follow(structure, main, exifTag.exifPointer, seen, problems);
  const gps = follow(structure, main, exifTag.gpsPointer, seen, problems);
  const interop = follow(structure, exif, exifTag.interopPointer, seen, problems);
  const entries = (directory: TiffDirectory | null) =>
    directory ? [...directory.entries.values()].filter(({ tag }) => tag !== exifTag.interopPointer) : [];
  return {
    littleEndian: structure.littleEndian,
    main: descriptiveEntries(page).filter(({ tag }) => sharedWithExif.has(tag)),
    exif: entries(exif),
    gps: entries(gps),
    interop: entries(interop),
  };
}

/** Pixels a unit beyond this mean nothing, and no format can hold them. */
const mostDensity = 4e5;

/** The density that EXIF or TIFF tags state; null for none that makes sense. */
export function densityOf(entries: ReadonlyMap<number, TiffEntry>): Density | null {
  const x = numberOf(entries.get(tiffTag.xResolution));
  const y = numberOf(entries.get(tiffTag.yResolution)) ?? x;
  const unit = numberOf(entries.get(tiffTag.resolutionUnit)) ?? 2;
  const sound = (value: number | undefined): value is number =>
    value !== undefined && value > 0 && value <= mostDensity;
  if (!sound(x) || !sound(y) || (unit !== 2 && unit !== 3)) return null;
  return { x, y, unit: unit === 2 ? 'inch' : 'centimetre' };
}
