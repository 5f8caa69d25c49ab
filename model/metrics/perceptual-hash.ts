import { whiteOf, type Raster } from '../image.ts';

/** Rows and columns of the differences that make the hash. */
const ROWS = 8;
const COLUMNS = 8;
/** By so much at least, so that rounding decides nothing in flat areas: half a level of 8 bit. */
const BRIGHTER = 0.5 / 255;

/**
 * What a picture looks like in 64 bits: whether it gets brighter from each field of a coarse grid to the next on its
 * right (the difference hash of Krawetz, 2013). Copies that were resized, recompressed or made a little brighter differ in
 * a few bits, different pictures in about 32.
 */
export function perceptualHash(picture: Raster): bigint {
  const grid = shrink(picture, COLUMNS + 1, ROWS);
  let hash = 0n;
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++) {
      const at = y * (COLUMNS + 1) + x;
      hash = (hash << 1n) | (grid[at + 1]! > grid[at]! + BRIGHTER ? 1n : 0n);
    }
  }
  return hash;
}

/** In how many bits two hashes differ. */
export function hashDistance(a: bigint, b: bigint): number {
  let count = 0;
  for (let rest = a ^ b; rest > 0n; rest &= rest - 1n) count++;
  return count;
}

/** Means of the fields of a grid over the picture, all channels together. */
function shrink({ width, height, channels, samples }: Raster, columns: number, rows: number): Float64Array {
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  const scale = 1 / whiteOf(samples);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const field = row + Math.floor((x * columns) / width);
      for (let c = 0; c < channels; c++) sums[field]! += samples[(y * width + x) * channels + c]! * scale;
      counts[field]! += channels;
    }
  }
  return sums.map((sum, i) => (counts[i]! > 0 ? sum / counts[i]! : 0));
}
