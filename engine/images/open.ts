import type { ImageSummary } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import { type Details, phrase } from '../../contract/texts/fill-in.ts';
import type { PhraseKey } from '../../contract/texts/phrases-en.ts';
import type { Samples } from '../../model/image.ts';
import { measureRange, type FloatRange, type ValueRange } from './float-range.ts';
import { foreseenMemory, mostPixels } from './memory.ts';
import { measureNarrowRange } from './narrow-range.ts';
import { swapsSides } from './orientation.ts';
import { readOwnMark } from './own-mark.ts';
import { readHeader, type PageHeader, type PictureHeader } from './picture-header.ts';
import { readRegularFile, type FileFacts } from './read-file.ts';
import { damaged, namingFile, Refusal } from './refusal.ts';

export interface OpenOptions {
  /** Size and time when the work was planned; a file that differs is refused as changed. */
  readonly expected?: { readonly bytes: number; readonly modifiedMs: number };
  /** Decode damaged files as far as they go; the result is marked. */
  readonly salvage?: boolean;
  /** Bytes of memory that decoding and encoding may take; 0 or absent: no bound but the hard line. */
  readonly memory?: number;
  readonly signal?: AbortSignal;
}

/** A picture file that was read and looked at, not yet decoded. */
export interface OpenedImage {
  readonly file: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly stat: FileFacts;
  readonly summary: ImageSummary;
  /** What the file itself gives reason to say, whatever is made of it. */
  readonly notices: readonly Notice[];
  readonly salvage: boolean;
  readonly header: PictureHeader;
  /** Lowest and highest value over all pages of a float file, measured once. */
  floatRange(): Promise<FloatRange>;
  /** The same of a file of 16 bits, where it is but a small part of them; measured once. See `measureNarrowRange`. */
  narrowRange(samplesOf: (page: number) => Promise<Samples>): Promise<ValueRange | null>;
}

/**
 * Reads a picture file once and looks at its header. Nothing is decoded, and what could not be decoded within
 * the limits is refused here, with the numbers.
 *
 * @throws AppError of any code that concerns a file (path-not-found … image-layout-unsupported)
 */
export async function openImage(file: string, options: OpenOptions = {}): Promise<OpenedImage> {
  const { bytes, sha256, stat } = await readRegularFile(file, options);
  return await namingFile(file, async () => {
    const header = await readHeader(bytes);
    const salvage = options.salvage ?? false;
    if (header.tiff?.broken && !salvage) throw damaged(header.tiff.broken);
    const summary = summarise(header, bytes);
    refuseTooLarge(header, summary, options.memory ?? 0);
    const notices: Notice[] = header.tiff?.broken ? [{ code: 'damaged-salvaged', details: {} }] : [];
    const image = { file, bytes, sha256, stat, summary, notices, salvage, header };
    let range: Promise<FloatRange> | undefined;
    let narrow: Promise<ValueRange | null> | undefined;
    return {
      ...image,
      floatRange: () => (range ??= namingFile(file, () => measureRange(header, salvage))),
      narrowRange: (samplesOf) => (narrow ??= measureNarrowRange(header, samplesOf)),
    };
  });
}

function summarise({ format, pages }: PictureHeader, bytes: Buffer): ImageSummary {
  const first = pages[0]!;
  return {
    format,
    ...uprightSize(first),
    channels: first.channels,
    alpha: first.alpha,
    bitDepth: first.bitDepth,
    pages: pages.length,
    bytes: bytes.length,
    ownOutput: readOwnMark(bytes),
  };
}

export function uprightSize({ width, height, orientation }: PageHeader): { width: number; height: number } {
  return swapsSides(orientation) ? { width: height, height: width } : { width, height };
}

/** Decoding a megapixel once takes about this long; a file may ask for it again with every scan. */
const secondsPerMegapixelScan = 0.02;
const longestDecode = 25;

function refuseTooLarge(header: PictureHeader, summary: ImageSummary, memory: number): void {
  for (const page of header.pages) {
    const pixels = page.width * page.height;
    const size = { width: page.width, height: page.height };
    if (pixels > mostPixels) {
      throw tooLarge('large-pixels', { ...size, most: millions(mostPixels) });
    }
    const need = foreseenMemory({
      ...summary,
      ...uprightSize(page),
      alpha: page.alpha,
      channels: page.channels,
    });
    if (memory > 0 && need > memory) {
      throw tooLarge('large-memory', { ...size, needed: gigabytes(need), allowed: gigabytes(memory) });
    }
    if ((pixels / 1e6) * header.scans * secondsPerMegapixelScan > longestDecode && header.scans > 20) {
      throw tooLarge('large-scans', { ...size, scans: header.scans });
    }
  }
}

function tooLarge(why: PhraseKey, details: Details): Refusal {
  return new Refusal('image-too-large', { reason: phrase(why, details) });
}

function millions(count: number): string {
  return (count / 1e6).toFixed(0);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1);
}
