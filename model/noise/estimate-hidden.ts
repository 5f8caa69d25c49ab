import { hidden, least, output, scales, type ScaleWeights } from './block-weights.ts';
import { READINGS, type BlockReadings } from './estimate-bands.ts';

/**
 * The noise factor that belongs to what the blocks of three scales hold, where demosaicing, smoothing, resizing or JPEG
 * have changed the noise: that of the white noise which is as strong as this noise where it is strongest, at full size or
 * down to an eighth. Its deviation alone is half of that or less, and a network that is told so little takes what the
 * noise has left in coarse frequencies for texture.
 *
 * Each block goes through the same two small layers; what comes out is averaged over all blocks, and once more over those that
 * the second layer gives most weight (Zaheer et al., "Deep Sets", NeurIPS 2017); two layers turn the averages of the three
 * scales into the factor. Fitted by `tools/pretrain/fit_estimator.py` to photographs with simulated noise of cameras and to
 * clean ones; a learned estimate as CBDNet's (Guo et al., "Toward Convolutional Blind Denoising of Real Photographs", CVPR
 * 2019), of what blocks hold instead of pixels.
 * @param readings of the scales 1, 2 and 4
 * @returns standard deviation of that white noise on [0, 1]
 */
export function factorFromBlocks(readings: readonly BlockReadings[]): number {
  const inputs = readings.flatMap((blocks, scale) => summaryOf(blocks, scales[scale]!));
  const units = hidden.map((weights) => Math.max(0, weighted(weights, inputs)));
  const levels = Math.exp(weighted(output, units));
  return Math.sqrt(Math.max(0, levels ** 2 - least ** 2)) / 255;
}

/** The mean of each value over the blocks, and its mean by the blocks' weights. */
function summaryOf(
  { count, values }: BlockReadings,
  { first, values: second, weight }: ScaleWeights,
): number[] {
  const kept = new Float64Array(count * second.length);
  const logits = new Float64Array(count);
  for (let block = 0; block < count; block++) {
    const readings = values.subarray(block * READINGS, (block + 1) * READINGS);
    const units = first.map((weights) => Math.max(0, weighted(weights, readings)));
    second.forEach((weights, i) => (kept[block * second.length + i] = Math.max(0, weighted(weights, units))));
    logits[block] = weighted(weight, units);
  }
  const shares = softmax(logits);
  const mean = (at: number, shareOf: (block: number) => number): number => {
    let sum = 0;
    for (let block = 0; block < count; block++) sum += shareOf(block) * kept[block * second.length + at]!;
    return sum;
  };
  return [
    ...second.map((_, at) => mean(at, () => 1 / count)),
    ...second.map((_, at) => mean(at, (block) => shares[block]!)),
  ];
}

function softmax(logits: Float64Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** @param weights one for each value, and the bias last */
function weighted(weights: readonly number[], values: ArrayLike<number>): number {
  let sum = weights[values.length]!;
  for (let i = 0; i < values.length; i++) sum += weights[i]! * values[i]!;
  return sum;
}
