import { hidden, least, output } from './band-weights.ts';
import type { BandReading } from './estimate-bands.ts';

/**
 * The noise factor that belongs to what the bands of three scales hold, where demosaicing, smoothing, resizing or JPEG
 * have changed the noise: that of the white noise which is as strong as this noise where it is strongest, at full size or
 * down to an eighth. Its deviation alone is half of that or less, and a network that is told so little takes what the
 * noise has left in coarse frequencies for texture. A network of one layer of 16 units, fitted by `tools/pretrain/fit_estimator.py` to photographs
 * with simulated noise of cameras and to clean ones; a learned estimate as CBDNet's (Guo et al., "Toward Convolutional
 * Blind Denoising of Real Photographs", CVPR 2019), of few readings instead of pixels.
 * @param bands of the scales 1, 2 and 4
 * @returns standard deviation of that white noise on [0, 1]
 */
export function factorFromBands(bands: readonly BandReading[]): number {
  const inputs = bands.flatMap(({ brightness, colour }) => [...brightness.flat(), ...colour.flat()]);
  const units = hidden.map((weights) => Math.max(0, weighted(weights, inputs)));
  const levels = Math.exp(weighted(output, units));
  return Math.sqrt(Math.max(0, levels ** 2 - least ** 2)) / 255;
}

/** @param weights one for each value, and the bias last */
function weighted(weights: readonly number[], values: readonly number[]): number {
  return values.reduce((sum, value, at) => sum + weights[at]! * value, weights.at(-1)!);
}
