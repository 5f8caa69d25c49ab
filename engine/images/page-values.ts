import type { BitDepth } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { Raster } from '../../model/image.ts';
import { unmultiplied } from './alpha.ts';
import type { DecodedPage } from './decode.ts';
import type { OpenedImage } from './open.ts';
import { bitsOf } from './depth.ts';
import { unstretched } from './narrow-range.ts';
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

/** A page's colour in the values of its file, where it is written with as many bits; else it keeps the raster's. */
export function inFileValues({ raster, range }: DecodedPage, bits: BitDepth): Raster {
  const { samples } = raster;
  if (!range || bits !== 16 || !(samples instanceof Uint16Array)) return raster;
  return { ...raster, samples: unstretched(samples, range) };
}

/** What became of the values of a page that were brought to the raster's range. */
export function rangeNotice({ range, raster }: DecodedPage, bits: BitDepth): Notice[] {
  if (!range) return [];
  const details = { low: Number(range.low.toPrecision(4)), high: Number(range.high.toPrecision(4)) };
  return bits === bitsOf(raster.samples)
    ? [{ code: 'range-mapped', details }]
    : [{ code: 'range-stretched', details: { ...details, bits } }];
}
