import type { AdditiveNoiseKind } from '../../contract/noise.ts';
import { whiteOf, type Raster, type Samples } from '../image.ts';
import { gaussianInto } from './gaussian.ts';
import { Random } from './random.ts';

/** Noise that covers a whole picture and can be asked for part by part. */
export interface NoiseField {
  readonly kind: AdditiveNoiseKind;
  /** Standard deviation on the [0, 1] scale. */
  readonly noiseFactor: number;
  readonly seed: number;
  /** Pages of one file have noise of their own. */
  readonly page: number;
}

/** Pixels that share a stream of random numbers. */
const STRETCH = 64;

/**
 * Adds to a part of a picture, in place, what the field has there. The noise follows from seed, page and position
 * alone: every 64 pixels of a row have a stream of their own, so that a part costs no more than its pixels and is the
 * same whatever else is asked for. Integers are rounded and clipped as a file would have them; floats are neither.
 * @param at where the part's first pixel lies in the picture
 */
export function addNoiseField(
  part: Raster,
  at: { readonly x: number; readonly y: number },
  field: NoiseField,
): void {
  const { width, height, channels } = part;
  const ofPage = new Random(field.seed).split(field.page);
  const stretch = new Float32Array(STRETCH * channels);
  for (let y = 0; y < height; y++) {
    const ofRow = ofPage.split(at.y + y);
    for (let x = 0; x < width;) {
      const index = Math.floor((at.x + x) / STRETCH);
      const skipped = at.x + x - index * STRETCH;
      const pixels = Math.min(STRETCH - skipped, width - x);
      drawStretch(field.kind, ofRow.split(index), stretch);
      const noise = stretch.subarray(skipped * channels, (skipped + pixels) * channels);
      addTo(part.samples, (y * width + x) * channels, noise, field.noiseFactor);
      x += pixels;
    }
  }
}

/** Noise of standard deviation 1. */
function drawStretch(kind: AdditiveNoiseKind, random: Random, target: Float32Array): void {
  switch (kind) {
    case 'gaussian':
      gaussianInto(random, target);
  }
}

function addTo(samples: Samples, from: number, noise: Float32Array, noiseFactor: number): void {
  const white = whiteOf(samples);
  const scale = noiseFactor * white;
  if (samples instanceof Float32Array) {
    for (let i = 0; i < noise.length; i++) samples[from + i]! += scale * noise[i]!;
    return;
  }
  for (let i = 0; i < noise.length; i++) {
    const value = samples[from + i]! + scale * noise[i]! + 0.5; // the array cuts the fraction off
    samples[from + i] = value < 0 ? 0 : value > white ? white : value;
  }
}
