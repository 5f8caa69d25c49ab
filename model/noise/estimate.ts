import type { NoiseEstimate } from '../../contract/measure.ts';
import type { Raster } from '../image.ts';
import { readScales } from './estimate-bands.ts';
import { readFine, type FineReading } from './estimate-fine.ts';
import { factorFromBlocks } from './estimate-hidden.ts';

export interface EstimateOptions {
  /** Blocks with a wholly transparent pixel are left out. Same size as the raster, one channel. */
  readonly alpha?: Raster | null;
  readonly signal?: AbortSignal;
}

/** The noise of one picture. Factors are standard deviations on [0, 1], of the white noise that the noise equals. */
export interface NoiseReading extends Omit<NoiseEstimate, 'file' | 'seconds'> {
  /** What the finest grain says; null in pictures of less than 8 × 8 pixels. */
  readonly fine: FineReading | null;
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
 * Demosaicing, cameras and JPEG smooth the finest grain away, and with it what these frequencies would tell. Where
 * that is missing, the noise follows from what blocks hold in all bands of frequency at three scales
 * (`estimate-hidden.ts`).
 *
 * The same picture always gives the same answer. The number of blocks read is bounded, whatever the size.
 * Floats are taken as [0, 1] but may lie outside it: then nothing was clipped.
 * @throws the signal's reason when aborted
 */
export function estimateNoise(raster: Raster, options: EstimateOptions = {}): NoiseReading {
  const { alpha = null, signal } = options;
  const fine = readFine(raster, alpha, signal);
  const none = raster.channels === 1 ? [0] : [0, 0, 0];
  if (!fine) return { noiseFactor: 0, channels: none, clean: true, area: null, method: TOO_SMALL, fine };
  if (isDrawing(fine)) {
    return { noiseFactor: 0, channels: none, clean: true, area: null, method: METHOD, fine };
  }
  const finest = mean(fine.channels);
  const hidden = mayHideNoise(fine, finest) ? readHidden(raster, alpha, signal) : 0;
  const isHidden = hidden > STANDS_OUT * finest;
  const noiseFactor = isHidden ? hidden : finest;
  return {
    noiseFactor,
    channels: isHidden ? shared(fine.channels, hidden) : fine.channels,
    clean: noiseFactor <= leastNoise(raster, fine),
    area: fine.area,
    method: isHidden ? METHOD_OF_HIDDEN : METHOD,
    fine,
  };
}

const METHOD = 'Ponomarenko 2007 (DCT of the flattest blocks)';
const METHOD_OF_HIDDEN = 'bands of frequency at three scales, as cameras and JPEG leave noise in them';
const TOO_SMALL = 'none: less than 8 × 8 pixels';
/** Up to 1.5 levels of 8 bit a picture is called clean. */
const LEAST_NOISE = 1.5 / 255;

/** Drawings, screenshots and pages are silent for the most part; what else they hold must be white to be noise. */
const SILENT = 0.5;
const WHITE_AMID_SILENCE = 1.5;

const isDrawing = ({ silentShare, colour }: FineReading): boolean =>
  silentShare > SILENT && colour > WHITE_AMID_SILENCE;

/** From this slope on the finest grain is missing; where there is next to none, its slope says nothing. */
const GRAIN_IS_MISSING = 1.2;
const NEXT_TO_NONE = 1 / 255;
/** Fine texture bends the slope of white noise a little. Noise is hidden where there is so much more of it than is seen. */
const STANDS_OUT = 1.8;

const mayHideNoise = ({ slope, silentShare }: FineReading, factor: number): boolean =>
  silentShare <= SILENT && (slope > GRAIN_IS_MISSING || factor < NEXT_TO_NONE);

/** 0 where the picture is too small for it. */
function readHidden(raster: Raster, alpha: Raster | null, signal?: AbortSignal): number {
  const readings = readScales(raster, alpha, signal);
  return readings ? factorFromBlocks(readings) : 0;
}

/** The channels in the proportion in which their finest grain stands, with this mean. */
function shared(channels: readonly number[], factor: number): number[] {
  const whole = mean(channels);
  return channels.map((channel) => (whole > 0 ? (channel / whole) * factor : factor));
}

/** A deep picture may hold all it shows in a small part of its range: noise counts by the contrast there is. */
function leastNoise({ samples }: Raster, { contrast }: FineReading): number {
  return samples instanceof Uint8Array ? LEAST_NOISE : LEAST_NOISE * Math.min(1, contrast);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
