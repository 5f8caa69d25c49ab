import { whiteOf, type Raster } from '../image.ts';
import { cornerOf, planGrid, touchesTransparent, type BlockGrid } from './estimate-blocks.ts';
import { BLOCK, COEFFICIENTS } from './estimate-dct.ts';
import { BlockReader, type OpponentPlanes } from './estimate-reader.ts';

/**
 * What the blocks of a picture hold at one scale, in each band of frequency: logarithms of deviations in 8-bit levels,
 * scaled so that white noise reads the same everywhere. Noise lies in every block, texture in some: so each band is
 * read where it is weak, at `SHARES` of the blocks.
 */
export interface BandReading {
  /** [band][share], from low frequencies to high ones. */
  readonly brightness: readonly (readonly number[])[];
  /** The same of the differences of colour, where photographs have little texture. */
  readonly colour: readonly (readonly number[])[];
}

/** The least sum of horizontal and vertical frequency of each band; the last holds all above. */
const BANDS = [1, 4, 7, 9, 11];
/** The blocks in the order of their energy in a band: it is read at these places. */
const SHARES = [0.03, 0.12, 0.3, 0.6];
const MOST_BLOCKS = 1500;
const FEWEST_BLOCKS = 24;
/** Nearer to black or white clipping takes noise away. */
const MARGIN = 0.03;
/** Variance of rounding to 8 bit, in levels: below it nothing is read, and deeper files are read as if rounded. */
const ROUNDING = 1 / 12;

/** Null when too few blocks can be measured. @throws the signal's reason */
export function readBands(
  raster: Raster,
  alpha: Raster | null,
  scale: number,
  signal?: AbortSignal,
): BandReading | null {
  const grid = planGrid(raster.width, raster.height, scale);
  if (!grid) return null;
  const { energies, blocks } = energiesOf(raster, alpha, grid, signal);
  if (blocks < FEWEST_BLOCKS) return null;
  const unit = (255 * scale) ** 2;
  const least = whiteOf(raster.samples) === 255 ? ROUNDING : 2 * ROUNDING;
  const curves = energies.map((all) => {
    const sorted = all.subarray(0, blocks).sort();
    return SHARES.map((share) => Math.log(unit * sorted[Math.floor(share * (blocks - 1))]! + least) / 2);
  });
  return { brightness: curves.slice(0, BANDS.length), colour: curves.slice(BANDS.length) };
}

/** Of the bands of brightness and then of colour, by block. */
function energiesOf(raster: Raster, alpha: Raster | null, grid: BlockGrid, signal?: AbortSignal) {
  const count = grid.columns * grid.rows;
  const stride = Math.max(1, Math.ceil(count / MOST_BLOCKS));
  const reader = new BlockReader(raster, grid.scale);
  const planes: OpponentPlanes = [newPlane(), newPlane(), newPlane()];
  const energies = [...BANDS, ...BANDS].map(() => new Float32Array(Math.ceil(count / stride)));
  let blocks = 0;
  for (let block = 0; block < count; block += stride) {
    signal?.throwIfAborted();
    const { x, y } = cornerOf(grid, block);
    if (alpha && touchesTransparent(alpha, x, y, BLOCK * grid.scale)) continue;
    const mean = reader.readOpponents(x, y, planes);
    if (!(mean > MARGIN && mean < 1 - MARGIN)) continue;
    for (let band = 0; band < BANDS.length; band++) {
      energies[band]![blocks] = energyIn(planes[0], band);
      energies[BANDS.length + band]![blocks] = (energyIn(planes[1], band) + energyIn(planes[2], band)) / 2;
    }
    blocks += 1;
  }
  return { energies, blocks };
}

const newPlane = () => new Float64Array(COEFFICIENTS);

const frequency = (at: number): number => Math.floor(at / BLOCK) + (at % BLOCK);
const places = Array.from({ length: COEFFICIENTS }, (_, at) => at);
const placesOf = BANDS.map((low, band) =>
  places.filter((at) => frequency(at) >= low && frequency(at) < (BANDS[band + 1] ?? Infinity)),
);

/** The mean square of a band's coefficients. */
function energyIn(plane: Float64Array, band: number): number {
  const at = placesOf[band]!;
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += plane[at[i]!]! * plane[at[i]!]!;
  return sum / at.length;
}
