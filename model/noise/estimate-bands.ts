import { whiteOf, type Raster } from '../image.ts';
import { cornerOf, planGrid, touchesTransparent, type BlockGrid } from './estimate-blocks.ts';
import { BLOCK, COEFFICIENTS } from './estimate-dct.ts';
import { BlockReader, type OpponentPlanes } from './estimate-reader.ts';

/** What the blocks of a picture hold at one scale, block after block. */
export interface BlockReadings {
  readonly count: number;
  /**
   * `READINGS` numbers of each block. First the deviations in each band of frequency, from low to high, of brightness and then
   * of the differences of colour (where photographs have little texture): logarithms, in 8-bit levels, scaled so that white
   * noise reads the same everywhere. Then what noise has little of and texture much: by how much brightness leans towards one
   * direction, in the `LEANING` lowest bands, and by how much the strongest coefficient stands out, in the lowest bands of
   * brightness (`PEAKED`) and of colour (`COLOUR_PEAKED`); logarithms as well.
   */
  readonly values: Float32Array;
}

/** The least sum of horizontal and vertical frequency of each band; the last holds all above. */
const BANDS = [1, 4, 7, 9, 11];
const LEANING = 3;
const PEAKED = 4;
const COLOUR_PEAKED = 2;
export const READINGS = 2 * BANDS.length + LEANING + PEAKED + COLOUR_PEAKED;
const MOST_BLOCKS = 1500;
const FEWEST_BLOCKS = 24;
/** Nearer to black or white clipping takes noise away. */
const MARGIN = 0.03;
/** Variance of rounding to 8 bit, in levels: below it nothing is read, and deeper files are read as if rounded. */
const ROUNDING = 1 / 12;

/** By how many pixels on each side a picture is made smaller before its blocks are read. */
const SCALES = [1, 2, 4];

/** At the scales 1, 2 and 4. Null when at one of them too few blocks can be measured. @throws the signal's reason */
export function readScales(
  raster: Raster,
  alpha: Raster | null,
  signal?: AbortSignal,
): readonly BlockReadings[] | null {
  const readings = SCALES.flatMap((scale) => readBlocks(raster, alpha, scale, signal) ?? []);
  return readings.length < SCALES.length ? null : readings;
}

/** Null when too few blocks can be measured. @throws the signal's reason */
export function readBlocks(
  raster: Raster,
  alpha: Raster | null,
  scale: number,
  signal?: AbortSignal,
): BlockReadings | null {
  const grid = planGrid(raster.width, raster.height, scale);
  if (!grid) return null;
  const blocks = grid.columns * grid.rows;
  const stride = Math.max(1, Math.ceil(blocks / MOST_BLOCKS));
  const values = new Float32Array(Math.ceil(blocks / stride) * READINGS);
  const reader = new BlockReader(raster, grid.scale);
  const planes: OpponentPlanes = [newPlane(), newPlane(), newPlane()];
  const least = whiteOf(raster.samples) === 255 ? ROUNDING : 2 * ROUNDING;
  let count = 0;
  for (let block = 0; block < blocks; block += stride) {
    signal?.throwIfAborted();
    if (!readBlock(reader, planes, alpha, grid, block)) continue;
    inLevels(planes, 255 * scale);
    values.set(readingsOf(planes, least), count * READINGS);
    count += 1;
  }
  return count < FEWEST_BLOCKS ? null : { count, values: values.subarray(0, count * READINGS) };
}

/** False where nothing can be measured. */
function readBlock(
  reader: BlockReader,
  planes: OpponentPlanes,
  alpha: Raster | null,
  grid: BlockGrid,
  block: number,
): boolean {
  const { x, y } = cornerOf(grid, block);
  if (alpha && touchesTransparent(alpha, x, y, BLOCK * grid.scale)) return false;
  const mean = reader.readOpponents(x, y, planes);
  return mean > MARGIN && mean < 1 - MARGIN;
}

function inLevels(planes: OpponentPlanes, unit: number): void {
  for (const plane of planes) for (let i = 0; i < COEFFICIENTS; i++) plane[i]! *= unit;
}

/** @param least what is added to every variance */
function readingsOf([brightness, redBlue, greenMagenta]: OpponentPlanes, least: number): number[] {
  const ofBrightness = bands.map(({ all }) => meanSquare(brightness, all) + least);
  const ofColour = bands.map(
    ({ all }) => (meanSquare(redBlue, all) + meanSquare(greenMagenta, all)) / 2 + least,
  );
  const leaning = bands
    .slice(0, LEANING)
    .map(({ wide, high }) =>
      Math.abs(halfLog((meanSquare(brightness, wide) + least) / (meanSquare(brightness, high) + least))),
    );
  const peaked = bands
    .slice(0, PEAKED)
    .map(({ all }, band) => halfLog((largestSquare(brightness, all) + least) / ofBrightness[band]!));
  const colourPeaked = bands.slice(0, COLOUR_PEAKED).map(({ all }, band) => {
    const largest = Math.max(largestSquare(redBlue, all), largestSquare(greenMagenta, all));
    return halfLog((largest + least) / ofColour[band]!);
  });
  return [...ofBrightness.map(halfLog), ...ofColour.map(halfLog), ...leaning, ...peaked, ...colourPeaked];
}

const halfLog = (variance: number): number => Math.log(variance) / 2;

const newPlane = () => new Float64Array(COEFFICIENTS);

const verticalOf = (at: number): number => Math.floor(at / BLOCK);
const horizontalOf = (at: number): number => at % BLOCK;
const frequency = (at: number): number => verticalOf(at) + horizontalOf(at);
const places = Array.from({ length: COEFFICIENTS }, (_, at) => at);

/** The places of each band's coefficients: all of them, and those that change more across or more downwards. */
const bands = BANDS.map((low, band) => {
  const all = places.filter((at) => frequency(at) >= low && frequency(at) < (BANDS[band + 1] ?? Infinity));
  return {
    all,
    wide: all.filter((at) => verticalOf(at) < horizontalOf(at)),
    high: all.filter((at) => verticalOf(at) > horizontalOf(at)),
  };
});

function meanSquare(plane: Float64Array, at: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += plane[at[i]!]! ** 2;
  return sum / at.length;
}

function largestSquare(plane: Float64Array, at: readonly number[]): number {
  let largest = 0;
  for (let i = 0; i < at.length; i++) largest = Math.max(largest, plane[at[i]!]! ** 2);
  return largest;
}
