import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { phrase } from '../../contract/texts/fill-in.ts';
import { samplesLike, type Raster, type Samples } from '../../model/image.ts';
import { fillInterleaved } from './alpha.ts';
import { bitsOf } from './depth.ts';
import { placeExif, type ExifTree } from './exif.ts';
import { Refusal } from './refusal.ts';
import { entryOf, tiffType, type TiffEntry } from './tiff-directory.ts';
import { tiffTag } from './tiff-tags.ts';

const deflateAsync = promisify(deflate);

export interface TiffPageContent {
  readonly raster: Raster;
  readonly alpha: { readonly raster: Raster; readonly kind: 'unspecified' | 'associated' | 'plain' } | null;
  /** Description in the first directory, EXIF and GPS in those it points to. */
  readonly exif: ExifTree;
  /** Further tags: profile, XMP, IPTC. */
  readonly entries: readonly TiffEntry[];
  /** White is stored as 0, for float files that were so. */
  readonly inverted: boolean;
  readonly compressed: boolean;
}

/** Writes TIFF pages one after another; only the compressed bytes stay in memory. */
export interface TiffWriter {
  add(page: TiffPageContent): Promise<void>;
  finish(): Buffer;
}

/** Offsets of classic TIFF have 32 bits, and Node's buffers end there too. */
const largestFile = 2 ** 32 - 2 ** 20;
const stripBytes = 2 ** 20;
/** Strips that are compressed together, so that several threads are used. */
const together = 4;
const deflateLevel = 5;

export function createTiffWriter(littleEndian: boolean): TiffWriter {
  const parts: Buffer[] = [Buffer.from(littleEndian ? 'II*\0\0\0\0\0' : 'MM\0*\0\0\0\0', 'latin1')];
  let length = 8;
  /** Where the pointer to the next page stands: a buffer and the place in it. */
  let pointer = { buffer: parts[0]!, at: 4 };
  return {
    add: async (page) => {
      const strips = await packStrips(page, littleEndian);
      const placed = placePage(page, strips, length, littleEndian);
      const bytes = placed.parts.reduce((sum, part) => sum + part.length, 0);
      if (length + bytes > largestFile) {
        const reason = phrase('large-tiff');
        throw new Refusal('image-too-large', { reason });
      }
      entryOf(0, tiffType.long, [length], littleEndian).data.copy(pointer.buffer, pointer.at);
      pointer = { buffer: placed.parts[0]!, at: placed.nextAt - length };
      parts.push(...placed.parts);
      length += bytes;
    },
    finish: () => Buffer.concat(parts),
  };
}

function rowsPerStrip({ raster, alpha }: TiffPageContent): number {
  const rowBytes = raster.width * (raster.channels + (alpha ? 1 : 0)) * (bitsOf(raster.samples) / 8);
  return Math.max(1, Math.min(raster.height, Math.floor(stripBytes / rowBytes)));
}

async function packStrips(page: TiffPageContent, littleEndian: boolean): Promise<Buffer[]> {
  const { height } = page.raster;
  const rows = rowsPerStrip(page);
  const strips: Buffer[] = [];
  for (let y = 0; y < height; y += rows * together) {
    const group: Promise<Buffer>[] = [];
    for (let top = y; top < Math.min(y + rows * together, height); top += rows) {
      group.push(packStrip(page, top, Math.min(rows, height - top), littleEndian));
    }
    strips.push(...(await Promise.all(group)));
  }
  return strips;
}

async function packStrip(
  page: TiffPageContent,
  top: number,
  rows: number,
  littleEndian: boolean,
): Promise<Buffer> {
  const samples = stripSamples(page, top, rows);
  const channels = page.raster.channels + (page.alpha ? 1 : 0);
  if (usesPredictor(page)) takeDifferences(samples, page.raster.width * channels, channels);
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const bits = bitsOf(samples);
  if (!littleEndian && bits === 16) bytes.swap16();
  if (!littleEndian && bits === 32) bytes.swap32();
  return page.compressed ? await deflateAsync(bytes, { level: deflateLevel }) : bytes;
}

/** A copy of some rows, alpha put between. */
function stripSamples({ raster, alpha }: TiffPageContent, top: number, rows: number): Samples {
  const { width, channels, samples } = raster;
  if (!alpha) return samples.slice(top * width * channels, (top + rows) * width * channels);
  const out = samplesLike(samples, rows * width * (channels + 1));
  fillInterleaved(out, samples, channels, alpha.raster.samples, top * width, rows * width);
  return out;
}

/** Differences of float bytes help little, and few programs undo them. */
function usesPredictor({ compressed, raster }: TiffPageContent): boolean {
  return compressed && !(raster.samples instanceof Float32Array);
}

function takeDifferences(samples: Samples, rowSamples: number, step: number): void {
  for (let row = 0; row < samples.length; row += rowSamples) {
    for (let at = row + rowSamples - 1; at >= row + step; at--)
      samples[at] = samples[at]! - samples[at - step]!;
  }
}

/** The directory first, then the strips: the head of a file tells what it is. */
function placePage(
  page: TiffPageContent,
  strips: readonly Buffer[],
  offset: number,
  littleEndian: boolean,
): { parts: Buffer[]; nextAt: number } {
  const place = (stripsAt: number) => {
    let at = stripsAt;
    const offsets = strips.map((strip) => (at += strip.length) - strip.length);
    const entries = [...storageEntries(page, strips, offsets, littleEndian), ...page.entries];
    return placeExif({ ...page.exif, littleEndian }, offset, entries);
  };
  const placed = place(offset + place(0).length);
  const bytes = strips.reduce((sum, strip) => sum + strip.length, placed.length);
  return { parts: [...placed.parts, ...strips, Buffer.alloc(bytes % 2)], nextAt: placed.nextAt };
}

function storageEntries(
  page: TiffPageContent,
  strips: readonly Buffer[],
  offsets: readonly number[],
  littleEndian: boolean,
): TiffEntry[] {
  const { width, height, channels, samples } = page.raster;
  const bits = bitsOf(samples);
  const all = channels + (page.alpha ? 1 : 0);
  const short = (tag: number, ...values: number[]) => entryOf(tag, tiffType.short, values, littleEndian);
  const long = (tag: number, values: readonly number[]) => entryOf(tag, tiffType.long, values, littleEndian);
  const grey = page.inverted ? 0 : 1;
  const kinds = { unspecified: 0, associated: 1, plain: 2 };
  return [
    long(tiffTag.width, [width]),
    long(tiffTag.height, [height]),
    short(tiffTag.bits, ...Array.from({ length: all }, () => bits)),
    short(tiffTag.compression, page.compressed ? 8 : 1),
    short(tiffTag.photometric, channels === 3 ? 2 : grey),
    short(tiffTag.orientation, 1),
    short(tiffTag.samples, all),
    long(tiffTag.rowsPerStrip, [rowsPerStrip(page)]),
    long(tiffTag.stripOffsets, offsets),
    long(
      tiffTag.stripByteCounts,
      strips.map((strip) => strip.length),
    ),
    short(tiffTag.planar, 1),
    ...(usesPredictor(page) ? [short(tiffTag.predictor, 2)] : []),
    ...(page.alpha ? [short(tiffTag.extraSamples, kinds[page.alpha.kind])] : []),
    short(tiffTag.sampleFormat, ...Array.from({ length: all }, () => (bits === 32 ? 3 : 1))),
  ];
}
