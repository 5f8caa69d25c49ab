import type { FloatImage } from '../image.ts';
import { gaussianInto } from './gaussian.ts';
import type { Random } from './random.ts';

/** Weight of each neighbour against the middle: 0.5 is what bilinear interpolation does to a sensor's red and blue. */
const LEAST_NEIGHBOUR = 0.2;
const MOST_NEIGHBOUR = 0.5;

/**
 * Grain, in place: Gaussian noise that was smeared as demosaicing or resizing smears it (the network that has seen only
 * white noise takes grain for texture; Zhou et al., "When AWGN-based Denoiser Meets Real Noises", AAAI 2020). How much
 * is drawn anew for every picture. Its standard deviation is the noise factor.
 */
export function addCorrelated(image: FloatImage, factor: number, random: Random): void {
  const grain = grainLike(image, drawNeighbour(random), random);
  for (let i = 0; i < grain.length; i++) image.samples[i]! += factor * grain[i]!;
}

export const drawNeighbour = (random: Random): number =>
  LEAST_NEIGHBOUR + (MOST_NEIGHBOUR - LEAST_NEIGHBOUR) * random.uniform();

/**
 * Noise of standard deviation 1, smeared by (n, 1, n) across and down; n = 0.5 correlates direct neighbours by ⅔ and
 * those two apart by ⅙. Made with a margin, so that it is the same at the borders.
 */
export function grainLike(
  shape: Omit<FloatImage, 'samples'>,
  neighbour: number,
  random: Random,
): Float32Array {
  const white = new Float32Array((shape.height + 2) * (shape.width + 2) * shape.channels);
  gaussianInto(random, white);
  return smeared(white, shape, neighbour);
}

/** @param white noise with a margin of one pixel around the shape */
export function smeared(
  white: Float32Array,
  { width, height, channels }: Omit<FloatImage, 'samples'>,
  neighbour: number,
): Float32Array {
  const rowLength = (width + 2) * channels;
  const grain = new Float32Array(width * height * channels);
  const scale = 1 / (1 + 2 * neighbour * neighbour); // the kernel's length, across times down
  const across = (at: number) => white[at]! + neighbour * (white[at - channels]! + white[at + channels]!);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < width * channels; i++) {
      const at = (y + 1) * rowLength + channels + i;
      const down = across(at - rowLength) + across(at + rowLength);
      grain[y * width * channels + i] = scale * (across(at) + neighbour * down);
    }
  }
  return grain;
}
