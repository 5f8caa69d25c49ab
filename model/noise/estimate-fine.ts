import { whiteOf, type Raster } from '../image.ts';
import { cornerOf, highVariance, planGrid, surveyBlocks, type Survey } from './estimate-blocks.ts';
import { keptVariance, nothingClipped, type KeptVariance } from './estimate-clipping.ts';
import { BLOCK } from './estimate-dct.ts';

/** A part of a picture, in its pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The noise of a picture as its finest grain shows it. */
export interface FineReading {
  /** Standard deviation in each channel on [0, 1]. */
  readonly channels: readonly number[];
  /**
   * Deviation at low frequencies divided by that at high ones, in the flattest blocks: about 1 for white noise,
   * more for texture and for noise whose fine grain was smoothed away.
   */
  readonly colour: number;
  /**
   * Deviation in the lower half of the high frequencies divided by that in the upper half: 1 for white noise,
   * whatever the texture; more where smoothing or JPEG took the finest grain.
   */
  readonly slope: number;
  /** The share of blocks that a part of one value fills or reaches into. */
  readonly silentShare: number;
  /** From the darkest to the brightest blocks (but for 1 % at each end), in the mean of the channels. */
  readonly contrast: number;
  /** Where most of the flattest blocks lie; null when nothing could be measured. */
  readonly area: Area | null;
}

/** However textured the picture, this share of its blocks is measured on, and at least so many. */
const FEWEST_SHARE = 0.005;
const FEWEST_CHOSEN = 40;
/** Blocks that hold no more than the noise are measured on too, up to this share and this many. */
const MOST_SHARE = 0.1;
const MOST_CHOSEN = 1000;
/** Blocks where clipping took more than this share of the variance are used only when there are no others. */
const LEAST_VARIANCE_KEPT = 0.6;
/** Noise, clipping and the choice of blocks follow from one another; a few rounds make them stand still. */
const ROUNDS = 6;
const STANDING_STILL = 0.002;

/** Null when the picture holds no block. @throws the signal's reason */
export function readFine(raster: Raster, alpha: Raster | null, signal?: AbortSignal): FineReading | null {
  const grid = planGrid(raster.width, raster.height, 1);
  if (!grid) return null;
  const survey = surveyBlocks(raster, alpha, grid, signal);
  let chosen = chooseFlat(survey, nothingClipped, 0);
  if (chosen.blocks.length === 0) return nothingIn(raster);
  let noise = noiseIn(raster, survey, chosen, nothingClipped);
  for (let round = 0; round < ROUNDS; round++) {
    signal?.throwIfAborted();
    const before = mean(noise.channels);
    const kept = survey.outside ? nothingClipped : keptVariance(before);
    chosen = chooseFlat(survey, kept, noise.brightnessVariance);
    noise = noiseIn(raster, survey, chosen, kept);
    if (Math.abs(mean(noise.channels) - before) <= STANDING_STILL * before) break;
  }
  const colour = chosen.energy > 0 ? Math.sqrt(chosen.energy / noise.brightnessVariance) : 1;
  return {
    channels: noise.channels,
    colour,
    slope: Math.sqrt(noise.slope),
    silentShare: survey.silentShare,
    contrast: contrastOf(survey),
    area: areaOf(raster, survey, chosen.blocks),
  };
}

/** The flattest blocks. */
interface Chosen {
  readonly blocks: readonly number[];
  /** Their mean square at low frequencies, as if nothing had been clipped. */
  readonly energy: number;
}

/** Chooses the blocks with the least texture; what clipping took from it is put back before comparing. */
function chooseFlat(survey: Survey, kept: KeptVariance, noiseVariance: number): Chosen {
  const { texture, means } = survey;
  const channels = means.length / texture.length;
  const flatness = texture.map((energy, block) => {
    let share = 0;
    for (let channel = 0; channel < channels; channel++) share += kept(means[block * channels + channel]!);
    share /= channels;
    return share < LEAST_VARIANCE_KEPT ? Infinity : energy / share;
  });
  const usable = flatness.filter((energy) => energy < Infinity).sort();
  if (usable.length === 0) {
    // All near black or white: better corrected by much than not measured.
    const measurable = texture.some((energy) => energy < Infinity);
    return measurable ? chooseFlat(survey, nothingClipped, noiseVariance) : { blocks: [], energy: 0 };
  }
  const wanted = howMany(usable, noiseVariance);
  const limit = usable[wanted - 1]!;
  const blocks: number[] = [];
  for (let block = 0; block < flatness.length && blocks.length < wanted; block++) {
    if (flatness[block]! <= limit) blocks.push(block);
  }
  return { blocks, energy: mean(usable.subarray(0, wanted)) };
}

function howMany(energies: Float32Array, noiseVariance: number): number {
  const fewest = Math.max(FEWEST_CHOSEN, Math.floor(energies.length * FEWEST_SHARE));
  const most = Math.max(fewest, Math.min(MOST_CHOSEN, Math.floor(energies.length * MOST_SHARE)));
  const noMoreThanNoise = energies.findLastIndex((energy) => energy <= noiseVariance) + 1;
  return Math.min(energies.length, most, Math.max(fewest, noMoreThanNoise));
}

interface Noise {
  /** Deviations before clipping. */
  readonly channels: readonly number[];
  /** Variance in the mean of the channels. */
  readonly brightnessVariance: number;
  /** See HighVariance. */
  readonly slope: number;
}

function noiseIn(raster: Raster, { grid, means }: Survey, { blocks }: Chosen, kept: KeptVariance): Noise {
  const variance = highVariance(raster, grid, blocks);
  const shares = variance.channels.map((_, channel) =>
    mean(blocks.map((block) => kept(means[block * raster.channels + channel]!))),
  );
  return {
    channels: variance.channels.map((measured, channel) => {
      const unrounded = Math.max(0, measured - roundingVariance(raster));
      return Math.sqrt(unrounded / shares[channel]!);
    }),
    brightnessVariance: variance.brightness / mean(shares),
    slope: variance.slope,
  };
}

/** Rounding to whole samples adds the variance of a uniform distribution one sample wide. */
function roundingVariance({ samples }: Raster): number {
  return samples instanceof Float32Array ? 0 : 1 / 12 / whiteOf(samples) ** 2;
}

/** The window in which most of the chosen blocks lie. */
function areaOf({ width, height }: Raster, { grid }: Survey, blocks: readonly number[]): Area {
  const side = Math.max(BLOCK, Math.min(256, Math.round(Math.min(width, height) / 8)));
  const across = Math.ceil(width / side);
  const counts = new Uint32Array(across * Math.ceil(height / side));
  for (const index of blocks) {
    const { x, y } = cornerOf(grid, index);
    counts[Math.floor((y + BLOCK / 2) / side) * across + Math.floor((x + BLOCK / 2) / side)]! += 1;
  }
  const fullest = counts.indexOf(counts.reduce((most, count) => Math.max(most, count)));
  return {
    x: Math.min((fullest % across) * side, width - side),
    y: Math.min(Math.floor(fullest / across) * side, height - side),
    width: side,
    height: side,
  };
}

function contrastOf({ texture, means }: Survey): number {
  const channels = means.length / texture.length;
  const brightness = texture.map((energy, block) =>
    energy < Infinity ? mean(means.subarray(block * channels, (block + 1) * channels)) : NaN,
  );
  const sorted = brightness.filter(Number.isFinite).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return at(0.99) - at(0.01);
}

/** All transparent, or all black or white. */
function nothingIn({ channels }: Raster): FineReading {
  const silence = Array.from({ length: channels }, () => 0);
  return { channels: silence, colour: 1, slope: 1, silentShare: 1, contrast: 0, area: null };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
