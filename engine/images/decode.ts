import type { Notice } from '../../contract/notice.ts';
import type { Raster } from '../../model/image.ts';
import { decodeWithLibrary } from './decode-library.ts';
import { isMapped, mapToUnit, zeroNotFinite } from './float-range.ts';
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
  /** What 0 and 1 of a float raster stand for in the file; null where the file's values are the raster's. */
  readonly range: { readonly low: number; readonly high: number } | null;
}

/** What one of the two ways of decoding gives. */
export interface Decoded {
  readonly raster: Raster;
  readonly alpha: Raster | null;
  readonly notices: readonly Notice[];
}

/**
 * Decodes one page, upright.
 *
 * @throws AppError image-damaged, image-not-finite, image-layout-unsupported
 */
export async function decodePage(image: OpenedImage, page: number): Promise<DecodedPage> {
  return await namingFile(image.file, async () => {
    const { tiff } = image.header;
    const tiffPage = tiff?.pages[page];
    if (!tiff || !tiffPage || !isPlain(tiffPage, tiff.pages.length)) {
      return { page, range: null, ...(await decodeWithLibrary(image, page)) };
    }
    const decoded = await decodeSamples(tiff, tiffPage, image.salvage);
    if (!tiffPage.float) return { page, range: null, ...decoded };
    return { page, ...(await mapped(image, decoded)) };
  });
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

/** A float page with its values brought to [0, 1] by the range of the whole file. */
async function mapped(image: OpenedImage, decoded: Decoded): Promise<Omit<DecodedPage, 'page'>> {
  const { low, high, notFinite } = await image.floatRange();
  const notices: Notice[] = [...decoded.notices];
  if (notFinite > 0) {
    zeroNotFinite(decoded.raster.samples);
    if (decoded.alpha) zeroNotFinite(decoded.alpha.samples);
    notices.push({ code: 'values-not-finite', details: { count: notFinite } });
  }
  if (!isMapped({ low, high })) return { ...decoded, notices, range: null };
  mapToUnit(decoded.raster.samples, { low, high });
  return { ...decoded, notices, range: { low, high } };
}
