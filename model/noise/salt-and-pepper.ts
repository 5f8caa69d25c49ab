import type { FloatImage } from '../image.ts';
import type { Random } from './random.ts';

/**
 * Impulse noise, in place: a share of the samples, each on its own, becomes black or white with equal chance, as dead
 * pixels and broken transmissions do (Gonzalez and Woods, "Digital Image Processing", chapter 5).
 *
 * On a mid-grey picture (0.5) an impulse is off by 0.5, so a share d has the variance d / 4: for that to be the square
 * of the noise factor, d = 4 · factor². A factor of 0.1 hits 4 % of the samples, one of 0.5 all.
 */
export function addSaltAndPepper({ samples }: FloatImage, factor: number, random: Random): void {
  const share = 4 * factor * factor;
  for (let i = 0; i < samples.length; i++) {
    const draw = random.uniform();
    if (draw < share) samples[i] = draw < share / 2 ? 0 : 1;
  }
}
