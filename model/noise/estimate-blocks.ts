import type { Raster } from '../image.ts';
import { BLOCK, COEFFICIENTS } from './estimate-dct.ts';
import { BlockReader } from './estimate-reader.ts';

/** Where blocks are read: their upper left corners stand on a regular grid. */
export interface BlockGrid {
  readonly columns: number;
  readonly rows: number;
  /** Pixels from one block to the next, the same in both directions. */
  readonly step: number;
  /** Pixels averaged into one on each side: 1 reads the picture as it is, 2 at half its size. */
  readonly scale: number;
}

/** What was seen in every block of a grid. */
export interface Survey {
  readonly grid: BlockGrid;
  /** Mean square of the low frequencies of the brightness; infinite where a block must not be used. */
  readonly texture: Float32Array;
  /** Mean of each block and channel, by block. */
  readonly means: Float32Array;
  /** The share of blocks that a part of one value fills or reaches into, black and white ones included. */
  readonly silentShare: number;
  /** True when a sample lies outside [0, 1], so that the picture was not clipped. */
  readonly outside: boolean;
}

/** The most blocks that are looked at, whatever the size of the picture; fewer where each covers more pixels. */
const MOST_BLOCKS = 24_000;
/** Blocks closer together than this say nearly the same, so only small pictures are read more densely. */
const USUAL_STEP = 3;
const FEWEST_BLOCKS = 2_000;

/** Null when not a single block fits. */
export function planGrid(width: number, height: number, scale: number): BlockGrid | null {
  const spanX = width - BLOCK * scale + 1;
  const spanY = height - BLOCK * scale + 1;
  if (spanX < 1 || spanY < 1) return null;
  const small = spanX * spanY < FEWEST_BLOCKS * USUAL_STEP ** 2;
  const sparse = Math.ceil(Math.sqrt((spanX * spanY * scale ** 2) / MOST_BLOCKS));
  const least = Math.max(small ? 1 : USUAL_STEP, sparse);
  // An odd step meets the 8 × 8 blocks of a JPEG at every offset.
  const step = least % 2 === 0 ? least + 1 : least;
  return { columns: Math.ceil(spanX / step), rows: Math.ceil(spanY / step), step, scale };
}

/** The upper left pixel of a block. */
export function cornerOf({ columns, step }: BlockGrid, block: number): { x: number; y: number } {
  return { x: (block % columns) * step, y: Math.floor(block / columns) * step };
}

/** Looks at every block of the grid once. @throws the signal's reason */
export function surveyBlocks(
  raster: Raster,
  alpha: Raster | null,
  grid: BlockGrid,
  signal?: AbortSignal,
): Survey {
  const { channels } = raster;
  const count = grid.columns * grid.rows;
  const texture = new Float32Array(count).fill(Infinity);
  const means = new Float32Array(count * channels);
  const reader = new BlockReader(raster, grid.scale);
  let seen = 0;
  let silent = 0;
  for (let block = 0; block < count; block++) {
    if (block % grid.columns === 0) signal?.throwIfAborted();
    const { x, y } = cornerOf(grid, block);
    if (alpha && touchesTransparent(alpha, x, y, BLOCK * grid.scale)) continue;
    seen += 1;
    // Beside a part without noise a block holds less of it than the others.
    const usable = reader.readBrightness(x, y, means, block * channels) && !reader.touchesConstant;
    if (usable) texture[block] = lowEnergy(reader.coefficients);
    else silent += 1;
  }
  return { grid, texture, means, silentShare: silent / Math.max(1, seen), outside: reader.outside };
}

/** Noise variance in the chosen blocks. */
export interface HighVariance {
  readonly channels: readonly number[];
  /** In the mean of the channels. */
  readonly brightness: number;
  /** The same in the lower half of the high frequencies, divided by that in the upper half: 1 for white noise. */
  readonly slope: number;
}

/**
 * The median, over the high frequencies, of the mean square over the blocks: a pattern that survives in a few
 * frequencies does not move the median.
 */
export function highVariance(raster: Raster, grid: BlockGrid, blocks: readonly number[]): HighVariance {
  const reader = new BlockReader(raster, grid.scale);
  const planes = Array.from({ length: raster.channels + 1 }, () => new Float64Array(COEFFICIENTS));
  const means = new Float32Array(raster.channels);
  for (const block of blocks) {
    const { x, y } = cornerOf(grid, block);
    for (const [channel, sums] of planes.entries()) {
      if (channel < raster.channels) reader.readChannel(x, y, channel);
      else reader.readBrightness(x, y, means, 0);
      for (const at of HIGH) sums[at]! += reader.coefficients[at]! ** 2;
    }
  }
  const variances = planes.map((sums) => medianOf(HIGH.map((at) => sums[at]! / blocks.length)));
  const brightness = planes.at(-1)!;
  const lower = medianOf(HIGH.filter((at) => frequency(at) < STEEP).map((at) => brightness[at]!));
  const upper = medianOf(HIGH.filter((at) => frequency(at) >= STEEP).map((at) => brightness[at]!));
  return {
    channels: variances.slice(0, -1),
    brightness: variances.at(-1)!,
    slope: upper > 0 ? lower / upper : lower > 0 ? Infinity : 1,
  };
}

const medianOf = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const frequency = (at: number): number => Math.floor(at / BLOCK) + (at % BLOCK);
const places = Array.from({ length: COEFFICIENTS }, (_, at) => at);
/** The 42 frequencies that tell a flat block from a textured one, as places in a block. */
const LOW = places.filter((at) => frequency(at) > 0 && frequency(at) <= BLOCK);
/** The 21 that hold little but noise in a flat block. */
const HIGH = places.filter((at) => frequency(at) > BLOCK);
/** Parts the high frequencies into 11 lower and 10 upper ones. */
const STEEP = BLOCK + 3;

function lowEnergy(coefficients: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < LOW.length; i++) {
    const value = coefficients[LOW[i]!]!;
    sum += value * value;
  }
  return sum / LOW.length;
}

export function touchesTransparent(alpha: Raster, x: number, y: number, side: number): boolean {
  for (let row = y; row < y + side; row++) {
    for (let column = x; column < x + side; column++) {
      if (alpha.samples[row * alpha.width + column] === 0) return true;
    }
  }
  return false;
}
