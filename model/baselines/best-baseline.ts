import type { FloatImage, Raster } from '../image.ts';
import { nextTurn } from '../inference/denoise.ts';
import { toFloat } from '../metrics/compare.ts';
import { meanSquaredError } from '../metrics/psnr.ts';
import { blurRadius, gaussianBlur } from './gaussian-blur.ts';
import { medianFilter } from './median.ts';

/** Standard deviations in pixels: from hardly anything to what strong noise asks for. */
export const blurWidths = [0.5, 0.7, 1, 1.4, 2];
/** Squares of 3, 5 and 7 pixels. */
const MEDIANS = [1, 2, 3];

/** Pixels around a region that any of the filters sees. */
export const REACH = Math.max(...blurWidths.map(blurRadius), ...MEDIANS);

/** A part of a picture that is filtered with what lies around it. */
export interface BaselineTask {
  /** With `REACH` pixels more on each side than is wanted, as far as the picture goes. */
  readonly noisy: Raster<Uint8Array>;
  /** Takes what is wanted out of it, as it is compared. */
  readonly inside: (filtered: FloatImage) => FloatImage;
  readonly clean: FloatImage;
  readonly signal: AbortSignal;
}

/** Blurred, or made of medians, with the width of the few that comes closest to the clean picture (squared error). */
export type BestBaseline = (task: BaselineTask) => Promise<FloatImage>;

export const bestBlur: BestBaseline = (task) =>
  bestOf(blurWidths, (sigma) => gaussianBlur(toFloat(task.noisy), sigma), task);

export const bestMedian: BestBaseline = (task) =>
  bestOf(MEDIANS, (radius) => toFloat(medianFilter(task.noisy, radius)), task);

async function bestOf(
  widths: readonly number[],
  filtered: (width: number) => FloatImage,
  { inside, clean, signal }: BaselineTask,
): Promise<FloatImage> {
  let best: { image: FloatImage; error: number } | null = null;
  for (const width of widths) {
    signal.throwIfAborted();
    const image = inside(filtered(width));
    const error = meanSquaredError(image.samples, clean.samples);
    if (!best || error < best.error) best = { image, error };
    await nextTurn();
  }
  return best!.image;
}
