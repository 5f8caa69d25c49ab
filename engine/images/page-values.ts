import type { BitDepth } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { Raster } from '../../model/image.ts';
import { unmultiplied } from './alpha.ts';
import type { DecodedPage } from './decode.ts';
import type { OpenedImage } from './open.ts';
import { isPlain } from './tiff-file.ts';

/** Whether a page has alpha multiplied into its colour. The library divides it out; our own reading does not. */
export function isMultiplied({ header }: OpenedImage, { page }: DecodedPage): boolean {
  const pages = header.tiff?.pages ?? [];
  const source = pages[page];
  return source?.extra === 'associated' && isPlain(source, pages.length);
}

/** The page's colour as formats want it that keep alpha apart. */
export function unmultipliedRaster(image: OpenedImage, page: DecodedPage): Raster {
  return page.alpha && isMultiplied(image, page) ? unmultiplied(page.raster, page.alpha) : page.raster;
}

/** What became of the values of a float page that was mapped to [0, 1]. */
export function rangeNotice({ range }: DecodedPage, bits: BitDepth): Notice[] {
  if (!range) return [];
  const details = { low: Number(range.low.toPrecision(4)), high: Number(range.high.toPrecision(4)) };
  return bits === 32
    ? [{ code: 'range-mapped', details }]
    : [{ code: 'range-stretched', details: { ...details, bits } }];
}
