import type { Augmentation } from '../../contract/train.ts';
import { whiteOf, type Raster } from '../../model/image.ts';
import type { Random } from '../../model/noise/random.ts';
import type { CleanPatches } from '../../model/training/noisy-batch.ts';

/** Share of the patches cut at half size, from a larger area: another scale, and cleaner still. */
const HALVED_SHARE = 0.2;
/** Share of the colour patches whose channels change places. */
const PERMUTED_SHARE = 0.2;

/** Where a patch is cut and how it is laid. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  /** 2: every value is the mean of four pixels. */
  readonly zoom: 1 | 2;
  /** One of the eight flips and turns. */
  readonly turn: number;
  /** Which channel each channel comes from. */
  readonly order: readonly number[];
}

/** Bits of a turn (see `turned`) that may be set: all of them, left and right exchanged, or none. */
const turnsOf: Readonly<Record<Augmentation, number>> = { 'flips-and-turns': 7, flips: 4, none: 0 };

/**
 * Clean patches at random places, flipped and turned as the augmentation allows. Each patch has a random stream of its
 * own, so it does not depend on the others.
 * @param draw gives the picture for a patch; both its sides are at least `side`
 */
export function cutPatches(
  draw: (random: Random) => Raster,
  { count, side, channels }: { count: number; side: number; channels: 1 | 3 },
  augmentation: Augmentation,
  random: Random,
): CleanPatches {
  const size = side * side * channels;
  const clean = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const stream = random.split(i);
    const picture = draw(stream);
    copyPatch(
      picture,
      placePatch(picture, side, augmentation, stream),
      clean.subarray(i * size, (i + 1) * size),
    );
  }
  return { count, side, channels, clean };
}

/**
 * A random place of a picture.
 * @param halved whether some patches may be cut at half size, which takes most of a noise away
 */
export function placePatch(
  { width, height, channels }: Raster,
  side: number,
  augmentation: Augmentation,
  random: Random,
  halved = true,
): Placement {
  const zoom = halved && Math.min(width, height) >= 2 * side && random.chance(HALVED_SHARE) ? 2 : 1;
  return {
    side,
    zoom,
    left: random.below(width - zoom * side + 1),
    top: random.below(height - zoom * side + 1),
    turn: random.below(8) & turnsOf[augmentation],
    order: channels === 3 && random.chance(PERMUTED_SHARE) ? random.shuffle([0, 1, 2]) : [0, 1, 2],
  };
}

/** Fills `target` ([side, side, channels], values in [0, 1]) from a place of a picture. */
export function copyPatch(picture: Raster, placement: Placement, target: Float32Array): void {
  const { width, channels, samples } = picture;
  const { left, top, side, zoom, order } = placement;
  const [rowStep, columnStep, start] = turned(placement.turn, side, channels);
  const rowLength = width * channels;
  const scale = 1 / (whiteOf(samples) * zoom * zoom);
  for (let y = 0; y < side; y++) {
    let at = (top + zoom * y) * rowLength + left * channels;
    let to = start + y * rowStep;
    for (let x = 0; x < side; x++, at += zoom * channels, to += columnStep) {
      for (let c = 0; c < channels; c++) {
        const from = at + order[c]!;
        const value =
          zoom === 1
            ? samples[from]!
            : samples[from]! +
              samples[from + channels]! +
              samples[from + rowLength]! +
              samples[from + rowLength + channels]!;
        target[to + c] = value * scale;
      }
    }
  }
}

/**
 * Where the rows and columns of a patch go in the array: steps from row to row and from column to column, and
 * where the first pixel lies. Bits of `kind`: exchange rows and columns, mirror rows, mirror columns.
 */
function turned(kind: number, side: number, channels: number): [number, number, number] {
  let rowStep = kind & 1 ? channels : side * channels;
  let columnStep = kind & 1 ? side * channels : channels;
  let start = 0;
  if (kind & 2) {
    start += (side - 1) * rowStep;
    rowStep = -rowStep;
  }
  if (kind & 4) {
    start += (side - 1) * columnStep;
    columnStep = -columnStep;
  }
  return [rowStep, columnStep, start];
}
