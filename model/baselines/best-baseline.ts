import type { FloatImage } from '../image.ts';
import { nextTurn } from '../inference/denoise.ts';
import { meanSquaredError } from '../metrics/psnr.ts';
import { blurRadius, gaussianBlur } from './gaussian-blur.ts';
import { medianFilter } from './median.ts';

/** Standard deviations in pixels: from hardly anything to what strong noise asks for. */
const BLURS = [0.5, 0.7, 1, 1.4, 2];
/** Squares of 3, 5 and 7 pixels. */
const MEDIANS = [1, 2, 3];

/** Pixels around a region that any of the filters sees. */
export const REACH = Math.max(...BLURS.map(blurRadius), ...MEDIANS);

/** Filters a noisy picture, more than `inside` takes out of it, with the width that comes closest to the clean one. */
export type BestBaseline = (
  noisy: FloatImage,
  inside: (filtered: FloatImage) => FloatImage,
  clean: FloatImage,
  signal: AbortSignal,
) => Promise<FloatImage>;

export const bestBlur: BestBaseline = (...given) => bestOf(BLURS, gaussianBlur, ...given);
export const bestMedian: BestBaseline = (...given) => bestOf(MEDIANS, medianFilter, ...given);

/** Chosen by the squared error, of which a person with the clean picture at hand would choose. */
async function bestOf(
  widths: readonly number[],
  filter: (image: FloatImage, width: number) => FloatImage,
  ...[noisy, inside, clean, signal]: Parameters<BestBaseline>
): Promise<FloatImage> {
  let best: { image: FloatImage; error: number } | null = null;
  for (const width of widths) {
    signal.throwIfAborted();
    const image = inside(filter(noisy, width));
    const error = meanSquaredError(image.samples, clean.samples);
    if (!best || error < best.error) best = { image, error };
    await nextTurn();
  }
  return best!.image;
}
