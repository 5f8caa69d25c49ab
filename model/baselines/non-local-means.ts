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

/**
 * Mean squared differences between the patches around each pixel and around the one at a shift; beyond the edge nothing
 * counts. Row by row: sums of columns move down, and their sums move along.
 */
function patchDistances(
  { width, height, samples }: FloatImage,
  { dx, dy }: { readonly dx: number; readonly dy: number },
): Float64Array {
  const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
  const bottom = height - dy;
  const shift = dy * width + dx;
  const distances = new Float64Array(width * height);
  const columns = new Float64Array(width);
  /** Adds the squared differences of a row to the sums of the columns, or takes them away. */
  const addRow = (y: number, sign: 1 | -1) => {
    for (let x = left, at = y * width + left; x < right; x++, at++) {
      const difference = samples[at]! - samples[at + shift]!;
      columns[x]! += sign * difference * difference;
    }
  };
  const within = (middle: number, from: number, to: number): number =>
    Math.min(to - 1, middle + PATCH) - Math.max(from, middle - PATCH) + 1;
  for (let y = 0; y < Math.min(PATCH, bottom); y++) addRow(y, 1);
  for (let y = 0; y < bottom; y++) {
    if (y + PATCH < bottom) addRow(y + PATCH, 1);
    if (y > PATCH) addRow(y - PATCH - 1, -1);
    const rows = within(y, 0, bottom);
    let sum = 0;
    for (let x = left; x < Math.min(left + PATCH, right); x++) sum += columns[x]!;
    for (let x = left; x < right; x++) {
      if (x + PATCH < right) sum += columns[x + PATCH]!;
      if (x - PATCH > left) sum -= columns[x - PATCH - 1]!;
      distances[y * width + x] = Math.max(0, sum) / (rows * within(x, left, right));
    }
  }
  return distances;
}
