import type { FloatImage } from '../image.ts';
import type { Random } from '../noise/random.ts';
import type { Batch } from './batch.ts';
import type { ValidationCase } from './validate.ts';

/** One pixel of each square of so many is hidden: the neighbours that stand in for it are themselves in place. */
const SQUARE = 8;
/** The neighbours are those at most so far away across and down. */
const REACH = 2;

/**
 * Learning from noisy pictures alone: a few pixels are hidden behind a value made of their neighbours, and the network
 * has to say what they were. Noise that is independent from pixel to pixel can't be foretold, so what it learns to
 * say is what is not noise (Krull, Buchholz and Jug, "Noise2Void", CVPR 2019). The value is the median of the 24
 * neighbours: with one of them picked at random, as there, networks leave checkerboards (Höck et al., "N2V2", 2022).
 *
 * N2V2 also gives up adding the input to the answer and the skip at full resolution, which let a pixel's own noise
 * through. Our U-Net has no skip at full resolution, and what it adds is the input as it was given: where a pixel was
 * hidden, its stand-in. So the loss, which looks at hidden pixels only, rewards nothing that is carried through; the
 * network must take the value in the middle back to answer well, and does (see the test of this file).
 *
 * @param patches noisy ones, by value; they become the target, and hidden pixels are replaced in a copy
 * @param told the noise factor of each patch
 */
export function hideInBatch(
  patches: Pick<Batch, 'count' | 'side' | 'channels' | 'clean'>,
  told: Float32Array,
  random: Random,
): Batch {
  const { count, side, channels, clean } = patches;
  const noisy = clean.slice();
  const counted = new Float32Array(count * side * side);
  const size = side * side * channels;
  for (let i = 0; i < count; i++) {
    const patch = { width: side, height: side, channels, samples: clean.subarray(i * size, (i + 1) * size) };
    const part = noisy.subarray(i * size, (i + 1) * size);
    for (const pixel of hidePixels(patch, random.split(i), part)) counted[i * side * side + pixel] = 1;
  }
  return { ...patches, noisy, told, counted };
}

/** The same for one picture that is not trained on: how near the answer comes to the values that were hidden. */
export function blindSpotCase(
  image: FloatImage,
  told: number,
  eightBit: boolean,
  random: Random,
): ValidationCase {
  const samples = image.samples.slice();
  const pixels = hidePixels(image, random, samples);
  const { channels } = image;
  const counted = Uint32Array.from(
    { length: pixels.length * channels },
    (_, i) => pixels[Math.floor(i / channels)]! * channels + (i % channels),
  );
  return { noisy: { ...image, samples }, told, target: image.samples, counted, eightBit };
}

/** Replaces one pixel of each square in `target`, a copy of the image's samples. Returns their numbers. */
function hidePixels(
  image: Pick<Batch, 'channels'> & { width: number; height: number; samples: Float32Array },
  random: Random,
  target: Float32Array,
): number[] {
  const { width, height, channels } = image;
  const pixels: number[] = [];
  for (let top = 0; top < height; top += SQUARE) {
    for (let left = 0; left < width; left += SQUARE) {
      const y = top + random.below(Math.min(SQUARE, height - top));
      const x = left + random.below(Math.min(SQUARE, width - left));
      for (let c = 0; c < channels; c++) {
        target[(y * width + x) * channels + c] = medianAround(image, x, y, c);
      }
      pixels.push(y * width + x);
    }
  }
  return pixels;
}

/** Median of the neighbours inside the image, the pixel itself left out. */
function medianAround(
  image: { width: number; height: number; channels: number; samples: Float32Array },
  x: number,
  y: number,
  channel: number,
): number {
  const around: number[] = [];
  for (let v = Math.max(0, y - REACH); v <= Math.min(image.height - 1, y + REACH); v++) {
    for (let u = Math.max(0, x - REACH); u <= Math.min(image.width - 1, x + REACH); u++) {
      if (u !== x || v !== y) around.push(image.samples[(v * image.width + u) * image.channels + channel]!);
    }
  }
  around.sort((a, b) => a - b);
  const middle = around.length >> 1;
  return around.length % 2 ? around[middle]! : (around[middle - 1]! + around[middle]!) / 2;
}
