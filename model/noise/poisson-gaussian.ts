import type { FloatImage } from '../image.ts';
import { standardNormal } from './gaussian.ts';
import type { Random } from './random.ts';

/** Share of the variance at mid-grey that comes of photons; the rest is the sensor's own, everywhere the same. */
export const PHOTON_SHARE = 0.75;

/**
 * The noise of a camera, in place: photons arrive one by one (variance a·x, Poisson), and reading them out adds
 * Gaussian noise (variance b²). Foi, Trimeche, Katkovnik and Egiazarian, "Practical Poissonian-Gaussian Noise
 * Modeling and Fitting for Single-Image Raw-Data", IEEE TIP 2008.
 *
 * The variance is a·x + b² with a = 2 · ¾ · factor² and b² = ¼ · factor²: at mid-grey (0.5) the standard deviation
 * is the noise factor, in black half of it, in white 1.32 times it.
 */
export function addPoissonGaussian({ samples }: FloatImage, factor: number, random: Random): void {
  if (factor === 0) return;
  const gain = 2 * PHOTON_SHARE * factor * factor;
  const readout = Math.sqrt(1 - PHOTON_SHARE) * factor;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    // Below black there is no light to be noisy.
    const photons = value > 0 ? gain * poisson(random, value / gain) - value : 0;
    samples[i] = value + photons + readout * standardNormal(random);
  }
}

/**
 * A Poisson number: by multiplying uniform numbers where few are expected, else by transformed rejection
 * (Hörmann, "The transformed rejection method for generating Poisson random variables", 1993, algorithm PTRS).
 */
export function poisson(random: Random, mean: number): number {
  if (mean < 10) return poissonOfFew(random, mean);
  const root = Math.sqrt(mean);
  const b = 0.931 + 2.53 * root;
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = 1 - random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const accepted = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (accepted <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

function poissonOfFew(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let product = random.uniform();
  let count = 0;
  while (product > limit) {
    product *= random.uniform();
    count++;
  }
  return count;
}

/** Stirling's series, exact to ten digits from 10 on; below, the sum. */
function logFactorial(n: number): number {
  if (n < 10) {
    let sum = 0;
    for (let i = 2; i <= n; i++) sum += Math.log(i);
    return sum;
  }
  const inverse = 1 / n;
  const series = inverse * (1 / 12 - inverse * inverse * (1 / 360 - (inverse * inverse) / 1260));
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + series;
}
