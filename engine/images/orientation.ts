import { samplesLike, type Raster, type Samples } from '../../model/image.ts';

/**
 * How the stored rows and columns become upright ones (EXIF orientation, 1 to 8), as mirroring left to
 * right and then turning clockwise.
 */
export interface Turn {
  readonly degrees: 0 | 90 | 180 | 270;
  readonly mirror: boolean;
}

const turns: readonly Turn[] = [
  { degrees: 0, mirror: false },
  { degrees: 0, mirror: true },
  { degrees: 180, mirror: false },
  { degrees: 180, mirror: true },
  { degrees: 270, mirror: true },
  { degrees: 90, mirror: false },
  { degrees: 90, mirror: true },
  { degrees: 270, mirror: false },
];

export function turnOf(orientation: number): Turn {
  return turns[orientation - 1] ?? turns[0]!;
}

export function swapsSides(orientation: number): boolean {
  return orientation >= 5 && orientation <= 8;
}

/** Columns worked on together, so that what is read stays in the cache while columns become rows. */
const block = 64;

/** The raster turned upright; the same raster when it is. */
export function upright(raster: Raster, orientation: number): Raster {
  if (orientation <= 1 || orientation > 8) return raster;
  const { width, height, channels, samples } = raster;
  const out = samplesLike(samples, samples.length);
  const swap = swapsSides(orientation);
  const outWidth = swap ? height : width;
  // Where the first stored pixel goes, and how far the next one in the row, or in the column, lies from it.
  const { start, alongRow, alongColumn } = walk(orientation, width, height);
  for (let left = 0; left < width; left += block) {
    const right = Math.min(left + block, width);
    for (let y = 0; y < height; y++) {
      const to = start + y * alongColumn + left * alongRow;
      copyRow(samples, (y * width + left) * channels, out, to * channels, right - left, alongRow, channels);
    }
  }
  return { width: outWidth, height: swap ? width : height, channels, samples: out };
}

function walk(orientation: number, width: number, height: number) {
  const last = width * height - 1;
  switch (orientation) {
    case 2:
      return { start: width - 1, alongRow: -1, alongColumn: width };
    case 3:
      return { start: last, alongRow: -1, alongColumn: -width };
    case 4:
      return { start: width * (height - 1), alongRow: 1, alongColumn: -width };
    case 5:
      return { start: 0, alongRow: height, alongColumn: 1 };
    case 6:
      return { start: height - 1, alongRow: height, alongColumn: -1 };
    case 7:
      return { start: last, alongRow: -height, alongColumn: -1 };
    case 8:
      return { start: height * (width - 1), alongRow: -height, alongColumn: 1 };
    default:
      return { start: 0, alongRow: 1, alongColumn: width };
  }
}

function copyRow(
  from: Samples,
  fromAt: number,
  to: Samples,
  toAt: number,
  pixels: number,
  alongRow: number,
  channels: 1 | 3,
): void {
  const step = alongRow * channels;
  if (channels === 1) {
    for (let i = 0, at = toAt; i < pixels; i++, at += step) to[at] = from[fromAt + i]!;
    return;
  }
  for (let i = 0, at = toAt, read = fromAt; i < pixels; i++, at += step, read += 3) {
    to[at] = from[read]!;
    to[at + 1] = from[read + 1]!;
    to[at + 2] = from[read + 2]!;
  }
}
