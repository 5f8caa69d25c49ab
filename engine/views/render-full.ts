import type { ViewTile } from '../../contract/view.ts';
import type { Raster } from '../../model/image.ts';
import { toFloat } from '../../model/metrics/compare.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import { cropRaster } from '../../model/region.ts';
import { answerOf, type AnswerControl } from './answers.ts';
import type { Cleaning } from './cleaning.ts';
import { blendedVisible, residualOf } from './layers.ts';
import { partOf, type View, type ViewPage } from './view.ts';

/** Pixels to be shown. */
export interface Rendered {
  readonly colour: Raster;
  readonly alpha: Raster | null;
  readonly complete: boolean;
}

/** Pixels of a region at full size. `cleaning` is only asked for by the layers that need it. */
export async function renderFull(
  view: View,
  page: ViewPage,
  { layer, region, seen, amplification, choices }: ViewTile,
  cleaning: () => Promise<Cleaning>,
  control: AnswerControl,
): Promise<Rendered> {
  const alpha = page.alpha && cropRaster(page.alpha, region);
  const pixels = async (): Promise<Raster> => {
    if (layer === 'clean') return partOf(page, 'raster', region, null);
    const noisy = partOf(page, 'raster', region, choices.added);
    if (layer === 'noisy') return noisy;
    // The answer is kept, and the part of it below is taken from there.
    if (seen && !(await cleaning()).off) await answerOf(view, page, seen, await cleaning(), control);
    if (layer === 'denoised') return denoisedPart(view, page, region, noisy, await cleaning(), control);
    const exact = toFloat(noisy);
    return residualOf(
      exact,
      await denoisedPart(view, page, region, exact, await cleaning(), control),
      amplification,
    );
  };
  return { colour: await pixels(), alpha, complete: true };
}

/** The cleaned pixels of a region; in float, so that none is rounded, where `noisy` is. */
export async function denoisedPart(
  view: View,
  page: ViewPage,
  region: Rectangle,
  noisy: Raster,
  cleaning: Cleaning,
  control: AnswerControl,
): Promise<Raster> {
  if (cleaning.off) return noisy;
  const answer = await answerOf(view, page, region, cleaning, control);
  const covered = page.covered === page.raster ? noisy : partOf(page, 'covered', region, cleaning.added);
  const same = noisy.samples instanceof Float32Array ? toFloat(covered) : covered;
  const alpha = page.alpha && cropRaster(page.alpha, region);
  return blendedVisible(noisy, same, alpha, answer, cleaning);
}
