import type { ViewTile } from '../../contract/view.ts';
import { samplesLike, type FloatImage, type Raster } from '../../model/image.ts';
import { restoreHiddenColour } from '../../model/inference/hidden-colour.ts';
import { blendRun, targetOf, type Strength } from '../../model/inference/strength.ts';
import { toFloat } from '../../model/metrics/compare.ts';

/** The noisy pixels with the network's correction, in their own depth, by the arithmetic of a batch. */
export function blended(noisy: Raster, answer: Float32Array, strength: Strength): Raster {
  const denoised: Raster = { ...noisy, samples: samplesLike(noisy.samples, noisy.samples.length) };
  const run = { noisyAt: 0, answerAt: 0, length: answer.length };
  blendRun(noisy.samples, answer, targetOf(denoised.samples), run, noisy.channels, strength);
  return denoised;
}

/** The same with the colour under fully transparent pixels left as it is. */
export function blendedVisible(
  noisy: Raster,
  covered: Raster,
  alpha: Raster | null,
  answer: Float32Array,
  strength: Strength,
): Raster {
  const denoised = blended(covered, answer, strength);
  if (alpha) restoreHiddenColour(denoised, noisy, alpha);
  return denoised;
}

/** What was removed, amplified, around mid-grey: 0.5 + amplification × (noisy − denoised). */
export function residualOf(
  noisy: Raster,
  denoised: Raster,
  amplification: ViewTile['amplification'],
): FloatImage {
  const [before, after] = [toFloat(noisy).samples, toFloat(denoised).samples];
  return { ...noisy, samples: before.map((value, i) => 0.5 + amplification * (value - after[i]!)) };
}
