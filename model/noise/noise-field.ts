import type { FieldNoiseKind } from '../../contract/noise.ts';
import { whiteOf, type FloatImage, type Raster, type Samples } from '../image.ts';
import { drawNeighbour, smeared } from './correlated.ts';
import { gaussianInto } from './gaussian.ts';
import { addPoissonGaussian } from './poisson-gaussian.ts';
import { Random } from './random.ts';
import { addSaltAndPepper } from './salt-and-pepper.ts';
import { addSpeckle } from './speckle.ts';

/** Noise that covers a whole picture and can be asked for part by part. */
export interface NoiseField {
  readonly kind: FieldNoiseKind;
  /** Standard deviation on the [0, 1] scale, at mid-grey where it depends on brightness. */
  readonly noiseFactor: number;
  readonly seed: number;
  /** Pages of one file have noise of their own. */
  readonly page: number;
}

type Place = { readonly x: number; readonly y: number };
type Shape = Omit<Raster, 'samples'>;

/** Pixels that share a stream of random numbers where noise does not hang on the picture. */
const STRETCH = 64;

/**
 * Adds to a part of a picture, in place, what the field has there. The noise follows from seed, page, position and the
 * pixel itself: every 64 pixels of a row, or each, have a stream of their own, so that a part costs no more than its
 * pixels and is the same whatever else is asked for. Integers are rounded and clipped as a file would have them; floats are neither.
 * @param at where the part's first pixel lies in the picture
 */
export function addNoiseField(part: Raster, at: Place, field: NoiseField): void {
  const ofPage = new Random(field.seed).split(field.page);
  switch (field.kind) {
    case 'gaussian':
      return addTo(part.samples, whiteNoise(part, at, ofPage), field.noiseFactor);
    case 'correlated':
      return addTo(part.samples, grain(part, at, ofPage), field.noiseFactor);
    case 'poisson-gaussian':
      return changePixels(part, at, ofPage, (pixel, random) =>
        addPoissonGaussian(pixel, field.noiseFactor, random),
      );
    case 'speckle':
      return changePixels(part, at, ofPage, (pixel, random) => addSpeckle(pixel, field.noiseFactor, random));
    case 'salt-and-pepper':
      return changePixels(part, at, ofPage, (pixel, random) =>
        addSaltAndPepper(pixel, field.noiseFactor, random),
      );
  }
}

/** Gaussian noise of standard deviation 1, shaped as the part. */
function whiteNoise({ width, height, channels }: Shape, at: Place, ofPage: Random): Float32Array {
  const noise = new Float32Array(width * height * channels);
  const stretch = new Float32Array(STRETCH * channels);
  for (let y = 0; y < height; y++) {
    const ofRow = ofPage.split(at.y + y);
    for (let x = 0; x < width;) {
      const index = Math.floor((at.x + x) / STRETCH);
      const skipped = at.x + x - index * STRETCH;
      const pixels = Math.min(STRETCH - skipped, width - x);
      gaussianInto(ofRow.split(index), stretch);
      const drawn = stretch.subarray(skipped * channels, (skipped + pixels) * channels);
      noise.set(drawn, (y * width + x) * channels);
      x += pixels;
    }
  }
  return noise;
}

/** The same, smeared as grain is. */
function grain(part: Raster, at: Place, ofPage: Random): Float32Array {
  const { width, height, channels } = part;
  const around = { width: width + 2, height: height + 2, channels };
  const white = whiteNoise(around, { x: at.x - 1, y: at.y - 1 }, ofPage);
  return smeared(white, part, drawNeighbour(ofPage.split('neighbour')));
}

/** Noise that hangs on the value it meets: how many numbers a pixel draws too, so that each has its own stream. */
function changePixels(
  { width, height, channels, samples }: Raster,
  at: Place,
  ofPage: Random,
  change: (pixel: FloatImage, random: Random) => void,
): void {
  const white = whiteOf(samples);
  const rounded = !(samples instanceof Float32Array);
  const pixel: FloatImage = { width: 1, height: 1, channels, samples: new Float32Array(channels) };
  for (let y = 0; y < height; y++) {
    const ofRow = ofPage.split(at.y + y);
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) pixel.samples[c] = samples[from + c]! / white;
      change(pixel, ofRow.split(at.x + x));
      for (let c = 0; c < channels; c++) {
        const value = pixel.samples[c]! * white;
        samples[from + c] = rounded ? Math.min(white, Math.max(0, Math.round(value))) : value;
      }
    }
  }
}

function addTo(samples: Samples, noise: Float32Array, noiseFactor: number): void {
  const white = whiteOf(samples);
  const scale = noiseFactor * white;
  if (samples instanceof Float32Array) {
    for (let i = 0; i < noise.length; i++) samples[i]! += scale * noise[i]!;
    return;
  }
  for (let i = 0; i < noise.length; i++) {
    const value = samples[i]! + scale * noise[i]! + 0.5; // the array cuts the fraction off
    samples[i] = value < 0 ? 0 : value > white ? white : value;
  }
}
