import { whiteOf, type Raster } from '../../model/image.ts';
import { estimateNoise } from '../../model/noise/estimate.ts';
import type { Random } from '../../model/noise/random.ts';
import type { Poolable } from './picture-pool.ts';
import { chooseWindow, cutWindow, type PictureLimits } from './prepare-picture.ts';

/** What training keeps of a picture, or of a pair. Always in the file's own depth. */
export interface Example extends Poolable {
  /** What the network is given, or what noise is added to. */
  readonly picture: Raster;
  /** What it should answer; null where that is the picture itself. */
  readonly target: Raster | null;
  /** The noise factor that the network is told; 0 where noise is still to be added. */
  readonly noiseFactor: number;
}

/** A clean picture. */
export function cleanExample(decoded: Raster, limits: PictureLimits, random: Random): Example {
  const picture = cutWindow(decoded, chooseWindow(decoded, limits, random), limits.channels);
  return exampleOf(picture, null, 0);
}

/** A noisy picture without a clean one: what it is told is what cleaning would measure. */
export function noisyExample(decoded: Raster, limits: PictureLimits, random: Random): Example {
  const picture = cutWindow(decoded, chooseWindow(decoded, limits, random), limits.channels);
  return exampleOf(picture, null, estimateNoise(picture).noiseFactor);
}

/** Two pictures of a scene, of the same size. */
export function pairExample(noisy: Raster, clean: Raster, limits: PictureLimits, random: Random): Example {
  const window = chooseWindow(noisy, { ...limits, bytes: limits.bytes / 2 }, random);
  const picture = cutWindow(noisy, window, limits.channels);
  const target = cutWindow(clean, window, limits.channels);
  return exampleOf(picture, target, factorOfPair(picture, target));
}

/**
 * The noise factor of the noisier picture of a pair. As cleaning would measure it, so that the network is told the
 * same then; but noise that a camera has smoothed can't be measured, and counts by the difference of the two. Of two
 * equally noisy shots half of the difference's variance belongs to each.
 */
function factorOfPair(noisy: Raster, clean: Raster): number {
  const measured = estimateNoise(noisy).noiseFactor;
  const ofClean = estimateNoise(clean).noiseFactor;
  const ofBoth = deviation(noisy, clean);
  const byDifference = Math.sqrt(Math.max(0, ofBoth * ofBoth - ofClean * ofClean));
  return measured >= byDifference / 2 ? measured : byDifference;
}

/** Standard deviation of the difference; how bright the two are on the whole does not count. */
function deviation(a: Raster, b: Raster): number {
  const [scaleA, scaleB] = [1 / whiteOf(a.samples), 1 / whiteOf(b.samples)];
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < a.samples.length; i++) {
    const difference = a.samples[i]! * scaleA - b.samples[i]! * scaleB;
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / a.samples.length;
  return Math.sqrt(Math.max(0, squares / a.samples.length - mean * mean));
}

function exampleOf(picture: Raster, target: Raster | null, noiseFactor: number): Example {
  const { width, height, samples } = picture;
  const bytes = samples.byteLength + (target?.samples.byteLength ?? 0);
  return { width, height, bytes, picture, target, noiseFactor };
}
