/**
 * What clipping to [0, 1] does to Gaussian noise, after Foi, "Clipped noisy images: Heteroskedastic modeling
 * and practical denoising" (Signal Processing 2009): near black and white the spread that is left is smaller
 * than the noise that was there, and the mean is pulled inwards.
 */
export interface ClippedMoments {
  readonly mean: number;
  readonly variance: number;
}

/** Mean and variance of min(1, max(0, x)) for a normal x. */
export function clippedMoments(mean: number, deviation: number): ClippedMoments {
  const low = -mean / deviation;
  const high = (1 - mean) / deviation;
  const below = cumulative(low);
  const above = cumulative(-high);
  const inside = Math.max(0, 1 - below - above);
  const lowDensity = density(low);
  const highDensity = density(high);
  // Moments of (x − mean)/deviation, cut at the two limits.
  const first = low * below + high * above + lowDensity - highDensity;
  const second = low * low * below + high * high * above + inside + low * lowDensity - high * highDensity;
  return {
    mean: mean + deviation * first,
    variance: deviation * deviation * Math.max(0, second - first * first),
  };
}

/** The share of the noise variance that clipping left in a flat part, by the part's mean after clipping. */
export type KeptVariance = (clippedMean: number) => number;

export const nothingClipped: KeptVariance = () => 1;

/** Farther from black and white than this many deviations, clipping takes nothing. */
const REACH = 4;
const STEPS = 48;

/** For noise of this deviation before clipping. */
export function keptVariance(deviation: number): KeptVariance {
  if (deviation <= 0) return nothingClipped;
  const reach = Math.min(0.5, REACH * deviation);
  const shares = Float64Array.from(
    { length: STEPS + 1 },
    (_, step) => varianceAfterClipping((reach * step) / STEPS, deviation) / deviation ** 2,
  );
  return (clippedMean) => {
    const place = Math.max(0, (Math.min(clippedMean, 1 - clippedMean) / reach) * STEPS);
    if (place >= STEPS) return shares[STEPS]!;
    const step = Math.floor(place);
    return shares[step]! + (place - step) * (shares[step + 1]! - shares[step]!);
  };
}

/**
 * The variance that clipping leaves of noise of this deviation in a flat part whose mean is now `clippedMean`.
 * The part was no darker than black and no brighter than white before the noise came.
 */
function varianceAfterClipping(clippedMean: number, deviation: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (clippedMoments(middle, deviation).mean < clippedMean) low = middle;
    else high = middle;
  }
  return clippedMoments((low + high) / 2, deviation).variance;
}

const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** The normal distribution function (Abramowitz and Stegun 26.2.17, error below 8e-8). */
function cumulative(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = density(x) * series;
  return x > 0 ? 1 - tail : tail;
}
