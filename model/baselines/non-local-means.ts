import type { FloatImage } from '../image.ts';

/** Half of the sides of what is compared (7 × 7) and of where it is looked for (21 × 21), as in the paper. */
const PATCH = 3;
const SEARCH = 10;

/**
 * Non-local means of a grey picture: each pixel becomes the mean of the pixels around, weighted by how alike their
 * surroundings are, exp(−d²/h²) with d² the mean squared difference of two patches. The pixel itself weighs as much as the
 * most alike of the others (Buades, Coll and Morel, "A non-local algorithm for image denoising", CVPR 2005). Shift by shift,
 * with moving sums, as in Froment, "Parameter-Free Fast Pixelwise Non-Local Means Denoising", IPOL 2014.
 * @param widths each h, on the [0, 1] scale
 * @returns an answer for each h
 */
export function nonLocalMeans(image: FloatImage, widths: readonly number[]): FloatImage[] {
  const { width, height, channels, samples } = image;
  if (channels !== 1) throw new Error('non-local means are for grey pictures here');
  const sums = widths.map(() => ({
    values: new Float64Array(samples.length),
    weights: new Float64Array(samples.length),
    largest: new Float64Array(samples.length),
  }));
  for (let dy = 0; dy <= SEARCH; dy++) {
    for (let dx = dy === 0 ? 1 : -SEARCH; dx <= SEARCH; dx++) {
      const shift = dy * width + dx;
      const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
      const distances = patchDistances(image, { dx, dy });
      for (const [k, h] of widths.entries()) {
        const { values, weights, largest } = sums[k]!;
        const scale = -1 / (h * h);
        for (let y = 0; y < height - dy; y++) {
          for (let at = y * width + left, end = y * width + right; at < end; at++) {
            const weight = Math.exp(scale * distances[at]!);
            const other = at + shift;
            values[at]! += weight * samples[other]!;
            values[other]! += weight * samples[at]!;
            weights[at]! += weight;
            weights[other]! += weight;
            if (weight > largest[at]!) largest[at] = weight;
            if (weight > largest[other]!) largest[other] = weight;
          }
        }
      }
    }
  }
  return sums.map(({ values, weights, largest }) => ({
    ...image,
    samples: samples.map((value, i) => {
      const own = largest[i]! > 0 ? largest[i]! : 1;
      return (values[i]! + own * value) / (weights[i]! + own);
    }),
  }));
}

/** Mean squared differences between the patches around each pixel and around the one at a shift; beyond the edge nothing counts. */
function patchDistances(
  { width, height, samples }: FloatImage,
  { dx, dy }: { readonly dx: number; readonly dy: number },
): Float64Array {
  const squares = new Float64Array(width * height);
  const counted = new Float64Array(width * height);
  for (let y = 0; y < height - dy; y++) {
    for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
      const at = y * width + x;
      squares[at] = (samples[at]! - samples[at + dy * width + dx]!) ** 2;
      counted[at] = 1;
    }
  }
  const [sums, counts] = [squares, counted].map((values) =>
    movingSums(movingSums(values, width, height, 1, width), height, width, width, 1),
  );
  return sums!.map((sum, at) => sum / Math.max(1, counts![at]!));
}

/** Sums over PATCH values to both sides, along `lines` lines of `length` values. */
function movingSums(
  values: Float64Array,
  length: number,
  lines: number,
  step: number,
  lineStep: number,
): Float64Array {
  const sums = new Float64Array(values.length);
  for (let line = 0; line < lines; line++) {
    const from = line * lineStep;
    let sum = 0;
    for (let i = -PATCH; i < length; i++) {
      if (i + PATCH < length) sum += values[from + (i + PATCH) * step]!;
      if (i > PATCH) sum -= values[from + (i - PATCH - 1) * step]!;
      if (i >= 0) sums[from + i * step] = sum;
    }
  }
  return sums;
}
