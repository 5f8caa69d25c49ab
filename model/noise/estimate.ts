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
 * 2015), and the coarsest scale counts at which noise is white and stands out over the finer ones.
 *
 * The same picture always gives the same answer. The number of blocks read is bounded, whatever the size.
 * Floats are taken as [0, 1] but may lie outside it: then nothing was clipped.
 * @throws the signal's reason when aborted
 */
export function estimateNoise(raster: Raster, options: EstimateOptions = {}): NoiseReading {
  const { alpha = null, signal } = options;
  const scales = SCALES.flatMap((scale) => readScale(raster, alpha, scale, signal) ?? []);
  const counts = scaleThatCounts(scales);
  if (!counts) return nothingMeasured(raster);
  const noiseFactor = factorOf(counts);
  return {
    noiseFactor,
    channels: counts.channels,
    clean: noiseFactor < CLEAN_BELOW,
    area: counts.area,
    method: `${METHOD}${counts.scale === 1 ? '' : `, at 1/${counts.scale} of the size`}`,
    scales,
  };
}

const METHOD = 'Ponomarenko 2007 (DCT of the flattest blocks)';
const SCALES = [1, 2, 4];
/** 1.5 levels of 8 bit: below that nobody sees the noise. */
const CLEAN_BELOW = 1.5 / 255;
/**
 * When a coarser scale is believed: noise lies evenly over the picture and is nearly white (a colour of about 1),
 * texture is neither. Chosen on clean photographs without and with simulated noise of a camera (mosaic, smoothing,
 * tone curve, JPEG): three quarters of the noisy ones were seen, 2 % of the clean ones mistaken.
 */
const UNEVENNESS_OF_NOISE = 2.2;
const WHITE_AT_QUARTER = 1.5;
/** The colour of the finest scale where grain was smoothed away; where much of it was, quarter size may be less white. */
const SMOOTHED = 2;
const MUCH_SMOOTHED = 2.6;
const NEARLY_WHITE_AT_QUARTER = 2.3;
/** How far the noise of a scale must stand out over the next finer one, and at quarter size over the finest. */
const STANDS_OUT = 1.3;
const STANDS_FAR_OUT = 3;

/** The coarsest scale that shows noise which the finer ones hide, or else the finest. */
function scaleThatCounts([fine, half, quarter]: readonly ScaleReading[]): ScaleReading | undefined {
  if (!fine || !half || fine.colour <= 1 || fine.unevenness > UNEVENNESS_OF_NOISE) return fine;
  return quarter && isSmoothedNoise(fine, half, quarter) ? quarter : fine;
}

function isSmoothedNoise(fine: ScaleReading, half: ScaleReading, quarter: ScaleReading): boolean {
  const factor = factorOf(quarter);
  if (factor < STANDS_FAR_OUT * factorOf(fine) || factor < STANDS_OUT * factorOf(half)) return false;
  if (fine.colour > MUCH_SMOOTHED) return quarter.colour <= NEARLY_WHITE_AT_QUARTER;
  return fine.colour > SMOOTHED && quarter.colour <= WHITE_AT_QUARTER;
}

function factorOf({ channels }: ScaleReading): number {
  return channels.reduce((sum, channel) => sum + channel, 0) / channels.length;
}

/** Into a picture this small not a single block fits: it says next to nothing about its noise. */
function nothingMeasured({ channels }: Raster): NoiseReading {
  return {
    noiseFactor: 0,
    channels: Array.from({ length: channels }, () => 0),
    clean: true,
    area: null,
    method: 'none: the picture has less than 8 × 8 pixels',
    scales: [],
  };
}
