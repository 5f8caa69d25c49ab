import type { NoiseEstimate } from '../../contract/measure.ts';
import { whiteOf, type Raster } from '../image.ts';
import { highVariance, planGrid, surveyBlocks, type Survey } from './estimate-blocks.ts';
import { varianceAfterClipping } from './estimate-clipping.ts';
import { BLOCK } from './estimate-dct.ts';

export interface EstimateOptions {
  /** Blocks with a wholly transparent pixel are left out. Same size as the raster, one channel. */
  readonly alpha?: Raster | null;
  readonly signal?: AbortSignal;
}

/** The noise of one picture, with the two readings behind it. All factors are standard deviations on [0, 1]. */
export interface NoiseReading extends Omit<NoiseEstimate, 'file' | 'seconds'> {
  /** What the finest detail says: right for noise that differs from pixel to pixel. */
  readonly white: number;
  /**
   * What the picture at half size says, times 2. The same as `white` for noise that differs from pixel to
   * pixel; larger where demosaicing, smoothing or JPEG joined neighbouring pixels. Null in tiny pictures.
   */
  readonly coarse: number | null;
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
 * The same picture always gives the same answer. At most 30,000 blocks are read, whatever the size.
 * Floats are taken as [0, 1] but may lie outside it: then nothing was clipped.
 * @throws the signal's reason when aborted
 */
export function estimateNoise(raster: Raster, options: EstimateOptions = {}): NoiseReading {
  const fine = measure(raster, 1, options);
  if (!fine) return tooSmall(raster);
  const coarse = measure(raster, 2, options);
  const noiseFactor = mean(fine.channels);
  return {
    noiseFactor,
    channels: fine.channels,
    clean: noiseFactor < CLEAN_BELOW,
    area: fine.area,
    method: METHOD,
    white: noiseFactor,
    coarse: coarse && mean(coarse.channels),
  };
}

const METHOD = 'Ponomarenko 2007 (DCT of the flattest blocks)';
/** 1.5 levels of 8 bit: below that nobody sees the noise. */
const CLEAN_BELOW = 1.5 / 255;
/** The share of all blocks that is measured on, and the fewest. */
const CHOSEN_SHARE = 0.005;
const FEWEST_CHOSEN = 60;
/** Blocks where clipping took more than this share of the variance are used only when there are no others. */
const LEAST_VARIANCE_KEPT = 0.6;

interface Measured {
  readonly channels: number[];
  readonly area: NoiseReading['area'];
}

function measure(raster: Raster, scale: number, { alpha = null, signal }: EstimateOptions): Measured | null {
  const grid = planGrid(raster.width, raster.height, scale);
  if (!grid) return null;
  const survey = surveyBlocks(raster, alpha, grid, signal);
  const clipped = !survey.outside;
  let kept: KeptVariance | null = null;
  let blocks = chooseFlat(survey, raster.channels, null);
  if (blocks.length === 0) return { channels: Array.from({ length: raster.channels }, () => 0), area: null };
  let channels: number[] = [];
  for (let round = 0; round < (clipped ? 3 : 1); round++) {
    signal?.throwIfAborted();
    if (round > 0) {
      kept = keptVariance(mean(channels));
      blocks = chooseFlat(survey, raster.channels, kept);
    }
    channels = Array.from({ length: raster.channels }, (_, channel) => {
      // Averaging scale² pixels divides noise and rounding alike.
      const variance = highVariance(raster, grid, blocks, channel) * scale * scale - roundingVariance(raster);
      if (!clipped) return Math.sqrt(Math.max(0, variance));
      return deviationBeforeClipping(variance, blockMeans(survey, raster.channels, blocks, channel));
    });
  }
  return { channels, area: flattestArea(survey, blocks, raster) };
}

/** Rounding to whole samples adds the variance of a uniform distribution one sample wide. */
function roundingVariance({ samples }: Raster): number {
  return samples instanceof Float32Array ? 0 : 1 / 12 / whiteOf(samples) ** 2;
}

/** The share of the variance that clipping leaves, by the mean of a block. */
type KeptVariance = (blockMean: number) => number;

const MEAN_STEPS = 64;

function keptVariance(deviation: number): KeptVariance {
  if (deviation <= 0) return () => 1;
  const table = Float64Array.from(
    { length: MEAN_STEPS },
    (_, step) => varianceAfterClipping((step + 0.5) / MEAN_STEPS, deviation) / deviation ** 2,
  );
  return (blockMean) => table[meanStep(blockMean)]!;
}

const meanStep = (blockMean: number): number =>
  Math.min(MEAN_STEPS - 1, Math.max(0, Math.floor(blockMean * MEAN_STEPS)));

/** The blocks with the least texture; where clipping took a part of it, as if it had not. */
function chooseFlat({ texture, means }: Survey, channels: number, kept: KeptVariance | null): number[] {
  const flatness = Float32Array.from(texture, (energy, block) => {
    if (!kept) return energy;
    let share = 0;
    for (let channel = 0; channel < channels; channel++) share += kept(means[block * channels + channel]!);
    share /= channels;
    return share < LEAST_VARIANCE_KEPT ? Infinity : energy / share;
  });
  const usable = flatness.filter((energy) => energy < Infinity).sort();
  if (usable.length === 0) return kept ? chooseFlat({ texture, means } as Survey, channels, null) : [];
  const wanted = Math.max(FEWEST_CHOSEN, Math.floor(usable.length * CHOSEN_SHARE));
  const limit = usable[Math.min(usable.length, wanted) - 1]!;
  const blocks: number[] = [];
  for (let block = 0; block < flatness.length && blocks.length < wanted; block++) {
    if (flatness[block]! <= limit) blocks.push(block);
  }
  return blocks;
}

/** How many of the blocks have which mean in one channel. */
function blockMeans(
  { means }: Survey,
  channels: number,
  blocks: readonly number[],
  channel: number,
): Uint32Array {
  const counts = new Uint32Array(MEAN_STEPS);
  for (const block of blocks) counts[meanStep(means[block * channels + channel]!)]! += 1;
  return counts;
}

/** The deviation of noise that, once clipped, has the given mean variance over blocks with these means. */
function deviationBeforeClipping(variance: number, meanCounts: Uint32Array): number {
  if (variance <= 0) return 0;
  const total = meanCounts.reduce((sum, count) => sum + count, 0);
  const clippedVariance = (deviation: number): number =>
    meanCounts.reduce(
      (sum, count, step) =>
        count === 0 ? sum : sum + count * varianceAfterClipping((step + 0.5) / MEAN_STEPS, deviation),
      0,
    ) / total;
  let low = Math.sqrt(variance);
  let high = Math.min(1, 2 * low);
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (clippedVariance(middle) < variance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The window in which most of the chosen blocks lie. */
function flattestArea(
  { grid }: Survey,
  blocks: readonly number[],
  { width, height }: Raster,
): NoiseReading['area'] {
  const block = BLOCK * grid.scale;
  const side = Math.max(block, Math.min(256, Math.round(Math.min(width, height) / 8)));
  const cells = new Map<number, number>();
  const across = Math.ceil(width / side);
  for (const index of blocks) {
    const x = (index % grid.columns) * grid.step + block / 2;
    const y = Math.floor(index / grid.columns) * grid.step + block / 2;
    const cell = Math.floor(y / side) * across + Math.floor(x / side);
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const [best] = [...cells].reduce((most, cell) => (cell[1] > most[1] ? cell : most));
  const x = Math.max(0, Math.min((best % across) * side, width - side));
  const y = Math.max(0, Math.min(Math.floor(best / across) * side, height - side));
  return { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
}

/** A picture into which no block fits says next to nothing about its noise; this says so. */
function tooSmall(raster: Raster): NoiseReading {
  const channels = Array.from({ length: raster.channels }, () => 0);
  return {
    noiseFactor: 0,
    channels,
    clean: true,
    area: null,
    method: 'none: the picture is smaller than 8 × 8 pixels',
    white: 0,
    coarse: null,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
