import { whiteOf, type Raster } from '../image.ts';
import { BLOCK, blockDct, COEFFICIENTS } from './estimate-dct.ts';

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
  /** Mean square of the low frequencies over all channels; infinite where a block must not be used. */
  readonly texture: Float32Array;
  /** Mean of each block and channel, by block. */
  readonly means: Float32Array;
  /** True when a sample lies outside [0, 1], so that the picture cannot have been clipped there. */
  readonly outside: boolean;
}

/** The most blocks that are looked at: enough for any picture, and about 0.2 s. */
const MOST_BLOCKS = 30_000;
/** Blocks closer together than this say the same again. */
const LEAST_STEP = 3;
const ENOUGH_FOR_STEP = 2_000;

/** Null when not a single block fits. */
export function planGrid(width: number, height: number, scale: number): BlockGrid | null {
  const spanX = width - BLOCK * scale + 1;
  const spanY = height - BLOCK * scale + 1;
  if (spanX < 1 || spanY < 1) return null;
  const sparse = Math.ceil(Math.sqrt((spanX * spanY) / MOST_BLOCKS));
  const small = spanX * spanY < ENOUGH_FOR_STEP * LEAST_STEP ** 2;
  let step = Math.max(small ? 1 : LEAST_STEP, sparse);
  // An odd step meets the 8 × 8 blocks of a JPEG at every offset.
  if (step % 2 === 0) step += 1;
  return { columns: Math.ceil(spanX / step), rows: Math.ceil(spanY / step), step, scale };
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
  const texture = new Float32Array(count);
  const means = new Float32Array(count * channels);
  const reader = new BlockReader(raster, grid.scale);
  let outside = false;
  for (let row = 0, block = 0; row < grid.rows; row++) {
    signal?.throwIfAborted();
    for (let column = 0; column < grid.columns; column++, block++) {
      const x = column * grid.step;
      const y = row * grid.step;
      let energy = alpha && touchesTransparent(alpha, x, y, BLOCK * grid.scale) ? Infinity : 0;
      for (let channel = 0; channel < channels && energy < Infinity; channel++) {
        reader.read(x, y, channel);
        outside ||= reader.lowest < 0 || reader.highest > 1;
        energy += reader.saturated ? Infinity : lowEnergy(reader.coefficients);
        means[block * channels + channel] = reader.coefficients[0]! / BLOCK;
      }
      texture[block] = Number.isNaN(energy) ? Infinity : energy;
    }
  }
  return { grid, texture, means, outside };
}

/**
 * The noise variance of one channel in the chosen blocks: the median, over the high frequencies, of the mean
 * square over the blocks. A stray pattern that survives in a few frequencies does not move the median.
 */
export function highVariance(
  raster: Raster,
  grid: BlockGrid,
  blocks: readonly number[],
  channel: number,
): number {
  const reader = new BlockReader(raster, grid.scale);
  const sums = new Float64Array(COEFFICIENTS);
  for (const block of blocks) {
    reader.read((block % grid.columns) * grid.step, Math.floor(block / grid.columns) * grid.step, channel);
    for (const at of HIGH) sums[at]! += reader.coefficients[at]! ** 2;
  }
  const variances = HIGH.map((at) => sums[at]! / blocks.length).sort((a, b) => a - b);
  return variances[HIGH.length >> 1]!; // 21 frequencies
}

/** Reads blocks of one picture as values in [0, 1] and transforms them. */
class BlockReader {
  readonly coefficients = new Float64Array(COEFFICIENTS);
  lowest = 0;
  highest = 0;
  readonly #raster: Raster;
  readonly #scale: number;
  readonly #unit: number;
  readonly #pixels = new Float64Array(COEFFICIENTS);
  readonly #rows = new Float64Array(COEFFICIENTS);

  constructor(raster: Raster, scale: number) {
    this.#raster = raster;
    this.#scale = scale;
    this.#unit = 1 / whiteOf(raster.samples);
  }

  /** True when the whole block sits at black or at white, where no noise can be seen. */
  get saturated(): boolean {
    return this.lowest === this.highest && (this.lowest === 0 || this.lowest === 1);
  }

  read(x: number, y: number, channel: number): void {
    const scale = this.#scale;
    const pixels = this.#pixels;
    let lowest = Infinity;
    let highest = -Infinity;
    for (let row = 0, at = 0; row < BLOCK; row++) {
      for (let column = 0; column < BLOCK; column++, at++) {
        const value = this.#mean(x + column * scale, y + row * scale, channel);
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
        pixels[at] = value;
      }
    }
    this.lowest = lowest;
    this.highest = highest;
    blockDct(pixels, this.coefficients, this.#rows);
  }

  #mean(x: number, y: number, channel: number): number {
    const { samples, width, channels } = this.#raster;
    let at = (y * width + x) * channels + channel;
    if (this.#scale === 1) return samples[at]! * this.#unit;
    let sum = 0;
    for (let row = 0; row < this.#scale; row++, at += width * channels) {
      for (let column = 0; column < this.#scale; column++) sum += samples[at + column * channels]!;
    }
    return (sum * this.#unit) / this.#scale ** 2;
  }
}

/** Frequencies, as places in a block, that hold texture (low) and those that hold little but noise (high). */
const places = Array.from({ length: COEFFICIENTS }, (_, at) => at);
const frequency = (at: number): number => Math.floor(at / BLOCK) + (at % BLOCK);
const LOW = Uint8Array.from(places.filter((at) => frequency(at) > 0 && frequency(at) <= BLOCK));
const HIGH = places.filter((at) => frequency(at) > BLOCK);

function lowEnergy(coefficients: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < LOW.length; i++) {
    const value = coefficients[LOW[i]!]!;
    sum += value * value;
  }
  return sum / LOW.length;
}

function touchesTransparent(alpha: Raster, x: number, y: number, side: number): boolean {
  for (let row = y; row < y + side; row++) {
    for (let column = x; column < x + side; column++) {
      if (alpha.samples[row * alpha.width + column] === 0) return true;
    }
  }
  return false;
}
