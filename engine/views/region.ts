import { AppError } from '../../contract/errors.ts';
import type { Region } from '../../contract/view.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { View, ViewPage } from './view.ts';

/** Pixels of one answer. */
const MOST_PIXELS = 2 ** 24;

/** @throws AppError `argument-invalid` where the page has no such region, or it is too large to be shown at once */
export function checkRegion({ raster }: ViewPage, { x, y, width, height }: Region, reduction = 1): void {
  const inside = x + width <= raster.width && y + height <= raster.height;
  const small = Math.ceil(width / reduction) * Math.ceil(height / reduction) <= MOST_PIXELS;
  if (inside && small) return;
  throw new AppError('argument-invalid', {
    parameter: 'region',
    expected: phrase('expect-region', { width: raster.width, height: raster.height, most: MOST_PIXELS }),
    received: `${width} × ${height} (${x}, ${y})`,
  });
}

/** @throws AppError `argument-invalid` where the view has no such page */
export async function pageOf(view: View, page: number): Promise<ViewPage> {
  const { pages } = view.facts.summary;
  if (page < pages) return await view.page(page);
  throw new AppError('argument-invalid', {
    parameter: 'page',
    expected: phrase('expect-below', { limit: pages }),
    received: page,
  });
}

/** The middle of a region, at most so many pixels wide and high. */
export function middleOf({ x, y, width, height }: Region, most: number): Region {
  const [w, h] = [Math.min(width, most), Math.min(height, most)];
  return { x: x + ((width - w) >> 1), y: y + ((height - h) >> 1), width: w, height: h };
}
