import type { Raster } from '../image.ts';

/** Of the paper: window of standard deviation 1.5 pixels, 11 wide, and the two constants against division by 0. */
const SIGMA = 1.5;
const RADIUS = 5;
const K1 = 0.01;
const K2 = 0.03;

/**
 * Structural similarity (Wang, Bovik, Sheikh and Simoncelli, 2004): 1 for equal pictures, lower the less alike;
 * mean over channels and over the positions where the whole window lies inside the picture. The same numbers as
 * scikit-image's `structural_similarity(gaussian_weights=True, use_sample_covariance=False)`. Pictures with a side
 * under 11 pixels, which that refuses, get a smaller window.
 * @param range the largest possible value: 255 for 8-bit samples, 1 for floats in [0, 1]
 */
export function ssim(image: Raster, clean: Raster, range: number): number {
  const { width, height, channels } = clean;
  if (image.width !== width || image.height !== height || image.channels !== channels) {
    const size = ({ width, height, channels }: Raster) => `${width}×${height}×${channels}`;
    throw new RangeError(`${size(image)} samples cannot be compared with ${size(clean)}`);
  }
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) sum += channelSsim(image, clean, channel, range);
  return sum / channels;
}

/**
 * Means of a, b, a² + b² and ab under the window are all it takes. The window is separable: each row is blurred
 * sideways once and kept while rows of the result need it.
 */
function channelSsim(image: Raster, clean: Raster, channel: number, range: number): number {
  const { width, height } = clean;
  const radius = Math.min(RADIUS, (Math.min(width, height) - 1) >> 1);
  const window = gaussianWindow(radius);
  const columns = width - 2 * radius;
  const rows = Array.from({ length: window.length }, () => newMoments(columns));
  const source = newMoments(width);
  const mean = newMoments(columns);
  let sum = 0;
  for (let y = 0; y < height; y++) {
    readMoments(image, clean, channel, y, source);
    blurSideways(source, window, rows[y % rows.length]!);
    if (y < 2 * radius) continue;
    // The oldest row in the ring comes first.
    const inOrder = window.map((_, k) => rows[(y + 1 + k) % rows.length]!);
    blurDown(inOrder, window, mean);
    sum += sumOfSimilarities(mean, (K1 * range) ** 2, (K2 * range) ** 2);
  }
  return sum / (columns * (height - 2 * radius));
}

/** Values of a row of pixels: a, b, a² + b² and ab. */
type Moments = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

const newMoments = (length: number): Moments => [
  new Float64Array(length),
  new Float64Array(length),
  new Float64Array(length),
  new Float64Array(length),
];

/** Weights that add up to 1, from −radius to radius. */
function gaussianWindow(radius: number): number[] {
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const weights = offsets.map((offset) => Math.exp(-(offset * offset) / (2 * SIGMA * SIGMA)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function readMoments(image: Raster, clean: Raster, channel: number, y: number, target: Moments): void {
  const { width, channels } = clean;
  const [as, bs, squares, products] = target;
  for (let x = 0, at = y * width * channels + channel; x < width; x++, at += channels) {
    const a = image.samples[at]!;
    const b = clean.samples[at]!;
    as[x] = a;
    bs[x] = b;
    squares[x] = a * a + b * b;
    products[x] = a * b;
  }
}

function blurSideways(source: Moments, window: readonly number[], target: Moments): void {
  for (let m = 0; m < source.length; m++) {
    const from = source[m]!;
    const to = target[m]!;
    to.fill(0);
    for (let k = 0; k < window.length; k++) {
      const weight = window[k]!;
      for (let x = 0; x < to.length; x++) to[x]! += weight * from[x + k]!;
    }
  }
}

function blurDown(rows: readonly Moments[], window: readonly number[], target: Moments): void {
  for (let m = 0; m < target.length; m++) {
    const to = target[m]!;
    to.fill(0);
    for (let k = 0; k < window.length; k++) {
      const weight = window[k]!;
      const from = rows[k]![m]!;
      for (let x = 0; x < to.length; x++) to[x]! += weight * from[x]!;
    }
  }
}

function sumOfSimilarities([as, bs, squares, products]: Moments, c1: number, c2: number): number {
  let sum = 0;
  for (let x = 0; x < as.length; x++) {
    const product = as[x]! * bs[x]!;
    const meanSquares = as[x]! * as[x]! + bs[x]! * bs[x]!;
    const covariance = products[x]! - product;
    const variances = squares[x]! - meanSquares;
    sum += ((2 * product + c1) * (2 * covariance + c2)) / ((meanSquares + c1) * (variances + c2));
  }
  return sum;
}
