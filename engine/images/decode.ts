import type { Notice } from '../../contract/notice.ts';
import type { Raster } from '../../model/image.ts';
import { decodeWithLibrary } from './decode-library.ts';
import { isMapped, mapToUnit, zeroNotFinite, type ValueRange } from './float-range.ts';
import { isNarrow, stretch } from './narrow-range.ts';
import type { OpenedImage } from './open.ts';
import { upright } from './orientation.ts';
import { namingFile } from './refusal.ts';
import { isPlain, type TiffFile, type TiffPage } from './tiff-file.ts';
import { readSamples } from './tiff-samples.ts';

/** One page as the network sees it, and what is kept apart for writing it. */
export interface DecodedPage {
  /** Which page of the file, from 0. */
  readonly page: number;
  /** Upright, in the file's own encoding; 8-bit as Uint8Array, 16 as Uint16Array, float as Float32Array. */
  readonly raster: Raster;
  /** One channel of the same size and depth. */
  readonly alpha: Raster | null;
  readonly notices: readonly Notice[];
  /** What black and white of the raster stand for in the file; null where the file's values are the raster's. */
  readonly range: ValueRange | null;
}

/** What one of the two ways of decoding gives. */
export interface Decoded {
  readonly raster: Raster;
  readonly alpha: Raster | null;
  readonly notices: readonly Notice[];
}

/**
 * Decodes one page, upright. Values of a float file beyond [0, 1], and those of 16 bits that use but a small part of them,
 * are brought to all of the raster's range.
 *
 * @param range what black and white are to stand for; not given: by the range of the whole file
 * @throws AppError image-damaged, image-not-finite, image-layout-unsupported
 */
export async function decodePage(
  image: OpenedImage,
  page: number,
  range?: ValueRange | null,
): Promise<DecodedPage> {
  return await namingFile(image.file, async () => {
    const decoded = await decodeAsStored(image, page);
    const { samples } = decoded.raster;
    if (samples instanceof Float32Array) return { page, ...(await mapped(image, decoded, range)) };
    if (!(samples instanceof Uint16Array)) return { page, range: null, ...decoded };
    const own = range === undefined ? await narrowRangeOf(image, decoded, page) : range;
    if (!own || !isNarrow(own)) return { page, range: null, ...decoded };
    stretch(samples, own);
    return { page, range: own, ...decoded };
  });
}

/** What black and white of a file's pages stand for in its values; null where that is its depth's own. */
export async function rangeOf(image: OpenedImage): Promise<ValueRange | null> {
  switch (image.summary.bitDepth) {
    case 8:
      return null;
    case 16:
      return await narrowRangeOf(image);
    case 32: {
      const { low, high } = await image.floatRange();
      return isMapped({ low, high }) ? { low, high } : null;
    }
  }
}

/** @param decoded of a page that is there already */
function narrowRangeOf(image: OpenedImage, decoded?: Decoded, page?: number): Promise<ValueRange | null> {
  return image.narrowRange(async (other) => {
    const { raster } = decoded && other === page ? decoded : await decodeAsStored(image, other);
    return raster.samples;
  });
}

async function decodeAsStored(image: OpenedImage, page: number): Promise<Decoded> {
  const { tiff } = image.header;
  const tiffPage = tiff?.pages[page];
  return tiff && tiffPage && isPlain(tiffPage, tiff.pages.length)
    ? await decodeSamples(tiff, tiffPage, image.salvage)
    : await decodeWithLibrary(image, page);
}

/** Samples exactly as the file has them, upright. */
export async function decodeSamples(tiff: TiffFile, page: TiffPage, salvage: boolean): Promise<Decoded> {
  const { colour, extra, incomplete } = await readSamples(tiff.structure, page, salvage);
  const { width, height, orientation } = page;
  const channels = page.colour === 'grey' ? 1 : 3;
  return {
    raster: upright({ width, height, channels, samples: colour }, orientation),
    alpha: extra && upright({ width, height, channels: 1, samples: extra }, orientation),
    notices: incomplete ? [{ code: 'damaged-salvaged', details: {} }] : [],
  };
}

/** A float page with its values brought to [0, 1]. */
async function mapped(
  image: OpenedImage,
  decoded: Decoded,
  given: ValueRange | null | undefined,
): Promise<Omit<DecodedPage, 'page'>> {
  const { low, high, notFinite } = await image.floatRange();
  const notices: Notice[] = [...decoded.notices];
  if (notFinite > 0) {
    zeroNotFinite(decoded.raster.samples);
    if (decoded.alpha) zeroNotFinite(decoded.alpha.samples);
    notices.push({ code: 'values-not-finite', details: { count: notFinite } });
  }
  const range = given === undefined ? { low, high } : given;
  if (!range || !isMapped(range)) return { ...decoded, notices, range: null };
  mapToUnit(decoded.raster.samples, range);
  return { ...decoded, notices, range };
}
