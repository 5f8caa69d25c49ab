import type { FloatImage } from '../image.ts';
import { standardNormal } from './gaussian.ts';
import type { Random } from './random.ts';

/**
 * The multiplicative noise of coherent light, radar and ultrasound, in place: every sample is multiplied by a
 * Gamma number of mean 1, as the mean of L independent exposures is (Goodman, "Some fundamental properties of
 * speckle", JOSA 1976). Black stays black.
 *
 * The multiplier's standard deviation is twice the noise factor, so that at mid-grey (0.5) the noise has the factor:
 * L = 1 / (2 · factor)². A factor of 0.5 is a single exposure (L = 1), and the strongest there is.
 */
export function addSpeckle({ samples }: FloatImage, factor: number, random: Random): void {
  if (factor === 0) return;
  const looks = 1 / (2 * factor) ** 2;
  for (let i = 0; i < samples.length; i++) samples[i]! *= gamma(random, looks) / looks;
}

/**
 * A Gamma number of the given shape (at least 1) and scale 1: a cubed normal number, rejected now and then
 * (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
 */
function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = standardNormal(random);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = 1 - random.uniform();
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}
