import type { NoiseEstimate } from '../../contract/measure.ts';
import type { Raster } from '../image.ts';
import { readScale, type ScaleReading } from './estimate-scale.ts';

export interface EstimateOptions {
  /** Blocks with a wholly transparent pixel are left out. Same size as the raster, one channel. */
  readonly alpha?: Raster | null;
  readonly signal?: AbortSignal;
}

/** The noise of one picture, and what every scale says of it. Factors are standard deviations on [0, 1]. */
export interface NoiseReading extends Omit<NoiseEstimate, 'file' | 'seconds'> {
  /** From fine to coarse; the estimate is one of them. Empty in pictures of less than 8 × 8 pixels. */
  readonly scales: readonly ScaleReading[];
}

/**
 * Measures the noise of a picture: the high frequencies of its flattest blocks.
 *
 * Blocks of 8 × 8 pixels are transformed (DCT); those with the least energy in the low frequencies are flat;
 * what their high frequencies hold is noise. Flatness and noise are read from different coefficients, so
 * choosing the flattest blocks does not choose the least noisy ones.
 * Ponomarenko, Lukin, Zriakhov, Kaarna and Astola, "An automatic approach to lossy compression of AVIRIS
 * images", IGARSS 2007; choice of blocks after Colom and Buades, "Analysis and Extension of the Ponomarenko
 * et al. Method, Estimating a Noise Curve from a Single Image", IPOL 2013; clipped noise after Foi, "Clipped
 * noisy images", Signal Processing 2009.
 *
 * Cameras and JPEG smooth the finest grain away, and what is left is hidden from the finest scale. So the
 * picture is also read at half and at quarter size, as Lebrun, Colom and Morel do ("The Noise Clinic", IPOL
 * 2015), and the finest scale counts at which the noise is white.
 *
 * The same picture always gives the same answer. The number of blocks read is bounded, whatever the size.
 * Floats are taken as [0, 1] but may lie outside it: then nothing was clipped.
 * @throws the signal's reason when aborted
 */
export function estimateNoise(raster: Raster, options: EstimateOptions = {}): NoiseReading {
  const { alpha = null, signal } = options;
  const scales = SCALES.flatMap((scale) => readScale(raster, alpha, scale, signal) ?? []);
  const counts = scaleThatCounts(scales);
  const channels = counts?.channels ?? Array.from({ length: raster.channels }, () => 0);
  const noiseFactor = mean(channels);
  return {
    noiseFactor,
    channels,
    clean: counts === null || (noiseFactor <= leastNoise(raster, counts) && !isDoubtful(scales)),
    area: counts?.area ?? null,
    method: scales.length === 0 ? TOO_SMALL : `${METHOD}${atSize(counts?.scale ?? 1)}`,
    scales,
  };
}

const METHOD = 'Ponomarenko 2007 (DCT of the flattest blocks)';
const TOO_SMALL = 'none: less than 8 × 8 pixels';
const atSize = (scale: number): string => (scale === 1 ? '' : ` at 1/${scale} of the size`);
const SCALES = [1, 2, 4];
/** Up to 1.5 levels of 8 bit a picture is called clean. */
const LEAST_NOISE = 1.5 / 255;
/** At quarter size more than this, with the finest grain missing, may be smoothed noise or may be texture. */
const DOUBTFUL = 2.5 / 255;
/**
 * When a coarser scale is believed: the finest grain is missing (slope), what is left lies evenly over the picture
 * (unevenness) and is nearly white at the coarser scale (colour). Texture is neither even nor white. Chosen on clean
 * photographs without and with simulated noise of a camera (mosaic, smoothing, tone curve, JPEG): three quarters
 * of the noisy ones are seen, 2 % of the clean ones mistaken.
 */
const GRAIN_IS_MISSING = 1.15;
const UNEVENNESS_OF_NOISE = 2.2;
const WHITE_AT_HALF = 1.2;
const WHITE_AT_QUARTER = 1.5;
/** Where so much grain is missing that the finest scale has this colour, quarter size may be less white. */
const MUCH_IS_MISSING = 2.6;
const NEARLY_WHITE_AT_QUARTER = 2.3;
/** How far the noise of a scale must stand out over the next finer one, and at quarter size over the finest. */
const STANDS_OUT = 1.3;
const STANDS_FAR_OUT = 3;

/** Drawings, screenshots and pages are silent for the most part; what else they hold must be white to be noise. */
const SILENT = 0.5;
const WHITE_AMID_SILENCE = 1.5;

/**
 * The finest scale at which the noise is white; the finest of all where no scale shows noise that it hides; null
 * where nothing can be told from silence.
 */
function scaleThatCounts([fine, half, quarter]: readonly ScaleReading[]): ScaleReading | null {
  if (!fine || (fine.silentShare > SILENT && fine.colour > WHITE_AMID_SILENCE)) return null;
  if (!mayHideNoise(fine)) return fine;
  if (half && half.colour <= WHITE_AT_HALF && factorOf(half) > STANDS_OUT * factorOf(fine)) return half;
  return half && quarter && quarterCounts(fine, half, quarter) ? quarter : fine;
}

function mayHideNoise({ silentShare, slope, unevenness }: ScaleReading): boolean {
  return silentShare <= SILENT && slope > GRAIN_IS_MISSING && unevenness <= UNEVENNESS_OF_NOISE;
}

function quarterCounts(fine: ScaleReading, half: ScaleReading, quarter: ScaleReading): boolean {
  if (factorOf(quarter) < STANDS_FAR_OUT * factorOf(fine)) return false;
  if (factorOf(quarter) < STANDS_OUT * factorOf(half)) return false;
  if (fine.colour > MUCH_IS_MISSING) return quarter.colour <= NEARLY_WHITE_AT_QUARTER;
  return quarter.colour <= WHITE_AT_QUARTER;
}

/** Whether smoothed noise can neither be measured nor ruled out: then the picture is not called clean. */
function isDoubtful([fine, , quarter]: readonly ScaleReading[]): boolean {
  if (!fine || !quarter || !mayHideNoise(fine)) return false;
  return factorOf(quarter) > Math.max(DOUBTFUL, STANDS_FAR_OUT * factorOf(fine));
}

/** A deep picture may hold all it shows in a small part of its range: noise counts by the contrast there is. */
function leastNoise({ samples }: Raster, { contrast }: ScaleReading): number {
  return samples instanceof Uint8Array ? LEAST_NOISE : LEAST_NOISE * Math.min(1, contrast);
}

const factorOf = ({ channels }: ScaleReading): number => mean(channels);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
