import { phrase } from '../../contract/texts/fill-in.ts';
import type { PhraseKey } from '../../contract/texts/phrases-en.ts';
import { orientationOf } from './exif.ts';
import { withUnlisted } from './imagej-stack.ts';
import { damaged, Refusal, unsupportedLayout } from './refusal.ts';
import {
  numberOf,
  numbersOf,
  readDirectory,
  readStructure,
  textOf,
  type TiffDirectory,
  type TiffEntry,
  type TiffStructure,
} from './tiff-directory.ts';
import { refuseShared } from './tiff-sharing.ts';
import { tiffTag } from './tiff-tags.ts';

export type TiffColour = 'grey' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr' | 'lab' | 'mask';

/** One picture of a TIFF file (TIFF 6.0, with the technical notes on float samples and predictors). */
export interface TiffPage {
  /** Which directory of the chain it is, from 0: pages and previews counted. */
  readonly index: number;
  readonly entries: ReadonlyMap<number, TiffEntry>;
  readonly width: number;
  readonly height: number;
  readonly colour: TiffColour;
  /** Samples a pixel, extra ones included. */
  readonly samples: number;
  /** 0 no extra sample, else its kind: 'unspecified', alpha multiplied into the colour, or plain alpha. */
  readonly extra: 'unspecified' | 'associated' | 'plain' | null;
  readonly bits: number;
  readonly float: boolean;
  /** Numbers are stored with 0 as white. */
  readonly inverted: boolean;
  readonly compression: number;
  readonly predictor: number;
  /** Each channel stands for itself (planar configuration 2). */
  readonly planar: boolean;
  readonly orientation: number;
}

export interface TiffFile {
  readonly structure: TiffStructure;
  readonly pages: readonly TiffPage[];
  /** Previews, masks and reduced sizes, which are not pages. */
  readonly leftOut: number;
  /** The chain of directories ended in a circle or outside the file. */
  readonly broken: PhraseKey | null;
}

/** Compressions that are undone here, so that samples come out exactly as stored. */
export const plainCompressions: ReadonlySet<number> = new Set([1, 5, 8, 32946, 32773]);
/** Compressions that the library undoes beside them: fax, JPEG, WebP. */
const libraryCompressions: ReadonlySet<number> = new Set([2, 3, 4, 7, 32771, 50001]);
/** Others that people have, by name. */
const compressionNames: ReadonlyMap<number, string> = new Map([
  [6, 'old-style JPEG'],
  [32809, 'ThunderScan'],
  [34712, 'JPEG 2000'],
  [34887, 'LERC'],
  [34925, 'LZMA'],
  [50000, 'Zstandard'],
  [50002, 'JPEG XL'],
]);

const mostDirectories = 65_535;
/** Entries of all directories: as many as so many pages have, and no more where directories lie over each other. */
const mostEntries = 2 ** 21;

/** @throws Refusal image-damaged, image-layout-unsupported, format-unsupported */
export function readTiff(bytes: Buffer): TiffFile {
  const structure = readStructure(bytes);
  const { directories: listed, broken } = readChain(structure);
  const [first] = listed;
  if (!first) throw new Refusal('image-empty');
  const directories = listed.length === 1 && !broken ? withUnlisted(structure, first) : listed;
  refuseRaw(structure, directories);
  const full = directories.filter((directory) => !isReduced(directory));
  const chosen = full.length > 0 ? full : [first];
  const places = new Map(directories.map((directory, index) => [directory, index]));
  const pages = chosen.map((directory) => readPage(directory, places.get(directory)!));
  refuseShared(bytes, pages);
  for (const page of pages) if (!isPlain(page, pages.length)) refuseApart(page);
  const nested = chosen.reduce(
    (sum, { entries }) => sum + (entries.get(tiffTag.subDirectories)?.count ?? 0),
    0,
  );
  return { structure, pages, leftOut: directories.length - chosen.length + nested, broken };
}

function readChain(structure: TiffStructure): { directories: TiffDirectory[]; broken: PhraseKey | null } {
  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  let entries = 0;
  for (let offset = structure.first; offset !== 0; offset = directories.at(-1)!.next) {
    if (seen.has(offset)) return { directories, broken: 'damage-page-loop' };
    if (directories.length === mostDirectories || entries > mostEntries)
      return { directories, broken: 'damage-pages-endless' };
    seen.add(offset);
    try {
      const directory = readDirectory(structure, offset);
      directories.push(directory);
      entries += (directory.nextAt - offset) / (structure.big ? 20 : 12);
    } catch (error) {
      if (!(error instanceof Refusal) || directories.length === 0) throw error;
      return { directories, broken: 'damage-pages-cut' };
    }
  }
  return { directories, broken: null };
}

/** A smaller copy of another page, or a transparency mask. */
function isReduced({ entries }: TiffDirectory): boolean {
  const type = numberOf(entries.get(tiffTag.subfileType)) ?? 0;
  return (type & 5) !== 0 || numberOf(entries.get(tiffTag.oldSubfileType)) === 2;
}

/** Camera raw files are TIFFs whose picture is a mosaic of colour filters, often beside a small JPEG. */
function refuseRaw(structure: TiffStructure, directories: readonly TiffDirectory[]): void {
  const first = directories[0]!;
  const nested = directories.slice(0, 16).flatMap(({ entries }) => {
    return numbersOf(entries.get(tiffTag.subDirectories), 16);
  });
  const mosaics = nested.some((offset) => isMosaic(tryDirectory(structure, offset)));
  const dng = first.entries.has(tiffTag.dngVersion);
  if (!dng && !mosaics && !directories.some(isMosaic)) return;
  const make = textOf(first.entries.get(271)).trim();
  const name = dng ? 'DNG' : make;
  throw new Refusal('format-unsupported', {
    kind: name ? phrase('kind-raw-of', { maker: name }) : phrase('kind-raw'),
  });
}

function tryDirectory(structure: TiffStructure, offset: number): TiffDirectory | null {
  try {
    return readDirectory(structure, offset);
  } catch {
    return null;
  }
}

function isMosaic(directory: TiffDirectory | null): boolean {
  const photometric = numberOf(directory?.entries.get(tiffTag.photometric));
  return photometric === 32803 || photometric === 34892;
}

function readPage({ entries }: TiffDirectory, index: number): TiffPage {
  const number = (tag: number, otherwise: number) => {
    const value = numberOf(entries.get(tag)) ?? otherwise;
    if (!Number.isSafeInteger(value) || value < 0) throw damaged('damage-tag-number');
    return value;
  };
  const [width, height] = [number(tiffTag.width, 0), number(tiffTag.height, 0)];
  if (width === 0 || height === 0) throw damaged('damage-page-size');
  const samples = number(tiffTag.samples, 1);
  const photometric = number(tiffTag.photometric, samples >= 3 ? 2 : 1);
  const colour = colourOf(photometric, number(tiffTag.inkSet, 1));
  const compression = number(tiffTag.compression, 1);
  if (!plainCompressions.has(compression) && !libraryCompressions.has(compression)) {
    const name = compressionNames.get(compression);
    throw name
      ? unsupportedLayout('layout-compression', { name })
      : unsupportedLayout('layout-compression-unknown', { number: compression });
  }
  const page: TiffPage = {
    index,
    entries,
    width,
    height,
    colour,
    samples,
    extra: extraOf(entries, samples, colour),
    bits: bitsOf(entries, samples),
    float: isFloat(entries),
    inverted: photometric === 0,
    compression,
    predictor: number(tiffTag.predictor, 1),
    planar: number(tiffTag.planar, 1) === 2 && samples > 1,
    orientation: orientationOf(entries.values()),
  };
  refuseUnreadableDepth(page);
  return page;
}

function colourOf(photometric: number, inkSet: number): TiffColour {
  switch (photometric) {
    case 0:
    case 1:
      return 'grey';
    case 2:
      return 'rgb';
    case 3:
      return 'palette';
    case 4:
      return 'mask';
    case 5:
      if (inkSet !== 1) throw unsupportedLayout('layout-inks');
      return 'cmyk';
    case 6:
      return 'ycbcr';
    case 8:
      return 'lab';
    default:
      throw unsupportedLayout('layout-photometric', { number: photometric });
  }
}

const colourSamples: Readonly<Record<TiffColour, number>> = {
  ...{ grey: 1, palette: 1, mask: 1, rgb: 3, ycbcr: 3, lab: 3, cmyk: 4 },
};

function extraOf(
  entries: ReadonlyMap<number, TiffEntry>,
  samples: number,
  colour: TiffColour,
): TiffPage['extra'] {
  const extras = samples - colourSamples[colour];
  if (extras < 0 || extras > 1) throw unsupportedLayout('layout-channels', { count: samples });
  if (extras === 0) return null;
  const kind = numberOf(entries.get(tiffTag.extraSamples)) ?? 0;
  return kind === 1 ? 'associated' : kind === 2 ? 'plain' : 'unspecified';
}

function bitsOf(entries: ReadonlyMap<number, TiffEntry>, samples: number): number {
  const all = numbersOf(entries.get(tiffTag.bits), samples);
  const bits = all[0] ?? 1;
  if (all.some((other) => other !== bits)) throw unsupportedLayout('layout-depths', { bits: all.join(', ') });
  return bits;
}

function isFloat(entries: ReadonlyMap<number, TiffEntry>): boolean {
  const format = numberOf(entries.get(tiffTag.sampleFormat)) ?? 1;
  if (format === 2) throw unsupportedLayout('layout-signed');
  if (format === 5 || format === 6) throw unsupportedLayout('layout-complex');
  return format === 3;
}

function refuseUnreadableDepth({ float, bits, colour, compression, predictor }: TiffPage): void {
  if (float) {
    if (![16, 32, 64].includes(bits)) throw unsupportedLayout('layout-float-bits', { bits });
    if (predictor > 3 || (predictor === 2 && bits === 64))
      throw unsupportedLayout('layout-predictor', { number: predictor });
    if (colour !== 'grey' && colour !== 'rgb') throw unsupportedLayout('layout-float-colour', { colour });
    if (!plainCompressions.has(compression))
      throw unsupportedLayout('layout-float-compression', { number: compression });
    return;
  }
  if (colour === 'lab' && bits === 8) throw unsupportedLayout('layout-lab-8');
  // The library takes brightness and colour for red, green and blue, but for those of JPEG.
  if (colour === 'ycbcr' && compression !== 7) throw unsupportedLayout('layout-photometric', { number: 6 });
  const low = colour === 'grey' || colour === 'palette' || colour === 'mask';
  const depths = low ? [1, 2, 4, 8, 16] : [8, 16];
  if (!depths.includes(bits)) throw unsupportedLayout('layout-bits', { bits });
}

/** Channels stored apart that the library mixes up, without a word, or does not know. */
function refuseApart({ entries, samples, colour }: TiffPage): void {
  if (numberOf(entries.get(tiffTag.planar)) !== 2) return;
  const mixedUp = samples === 2 || colour === 'lab' || colour === 'ycbcr';
  if (mixedUp || entries.has(tiffTag.tileWidth)) throw unsupportedLayout('layout-apart', { count: samples });
}

/** Up to so many pages the library finds a page as fast as we do; it reads the whole list for each. */
const fewPages = 8;

/**
 * Whether samples are read by our own code: exactly as stored, page after page without searching. LZW of a
 * few plain pages is left to the library, which gives the same samples in half the time.
 */
export function isPlain(page: TiffPage, pages: number): boolean {
  const { colour, float, bits, compression, entries, extra } = page;
  if (!plainCompressions.has(compression) || (numberOf(entries.get(tiffTag.fillOrder)) ?? 1) !== 1)
    return false;
  if (colour === 'palette') return bits === 8 && extra === null && entries.has(tiffTag.colourMap);
  if (colour !== 'grey' && colour !== 'rgb') return false;
  // Of channels that stand for themselves the library mixes up two, and knows no tiles.
  const forLibrary = !float && extra !== 'associated' && numberOf(entries.get(tiffTag.planar)) !== 2;
  if (compression === 5 && forLibrary && pages <= fewPages) return false;
  return float || bits === 8 || bits === 16;
}
