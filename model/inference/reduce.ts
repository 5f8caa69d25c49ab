import { whiteOf, type FloatImage, type Raster } from '../image.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import type { TilePlace } from './tile-samples.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Means over boxes of `reduction` × `reduction` pixels of a picture, boxes laid from its first pixel. They are summed
 * up part by part; what has not been seen yet is known by the counts.
 */
export interface ReducedSums {
  readonly reduction: number;
  /** Of the whole picture. */
  readonly picture: Size;
  /** Boxes; those at the right and at the bottom may reach over the edge. */
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Sums on the [0, 1] scale, `[height, width, channels]`. */
  readonly sums: Float32Array;
  /** Pixels summed up in each box. */
  readonly counts: Uint16Array;
}

export function emptySums(picture: Size, channels: 1 | 3, reduction: number): ReducedSums {
  const width = Math.ceil(picture.width / reduction);
  const height = Math.ceil(picture.height / reduction);
  return {
    reduction,
    picture,
    width,
    height,
    channels,
    sums: new Float32Array(width * height * channels),
    counts: new Uint16Array(width * height),
  };
}

export const bytesOfSums = ({ sums, counts }: ReducedSums): number => sums.byteLength + counts.byteLength;

/**
 * The smallest reduction (2, 4, 8 …) at which the sums of a picture fit into so many bytes.
 */
export function smallestReduction({ width, height }: Size, channels: number, bytes: number): number {
  let reduction = 2;
  const need = () => Math.ceil(width / reduction) * Math.ceil(height / reduction) * (4 * channels + 2);
  while (need() > bytes && reduction < 128) reduction *= 2;
  return reduction;
}

/** Adds a part of the picture whose first pixel lies at (x, y). */
export function addPart(target: ReducedSums, part: Raster, { x, y }: { x: number; y: number }): void {
  const scale = 1 / whiteOf(part.samples);
  for (let row = 0; row < part.height; row++) {
    addRun(target, part.samples, row * part.width * part.channels, scale, {
      x,
      y: y + row,
      width: part.width,
    });
  }
}

/** Adds what is kept of a tile's answer. */
export function addTile(target: ReducedSums, answer: Float32Array, { row, column, width }: TilePlace): void {
  for (let y = row.keep; y < row.keep + row.keepLength; y++) {
    const from = ((y - row.read) * width + column.keep - column.read) * target.channels;
    addRun(target, answer, from, 1, { x: column.keep, y, width: column.keepLength });
  }
}

function addRun(
  { reduction, width, channels, sums, counts }: ReducedSums,
  samples: Raster['samples'],
  from: number,
  scale: number,
  run: { readonly x: number; readonly y: number; readonly width: number },
): void {
  const boxRow = Math.floor(run.y / reduction) * width;
  let at = from;
  for (let x = run.x; x < run.x + run.width;) {
    const box = Math.floor(x / reduction);
    const end = Math.min(run.x + run.width, (box + 1) * reduction);
    counts[boxRow + box]! += end - x;
    const to = (boxRow + box) * channels;
    // Summed up beside the array: that is several times as fast.
    if (channels === 1) {
      let sum = 0;
      for (; x < end; x++) sum += samples[at++]!;
      sums[to]! += sum * scale;
    } else {
      let [red, green, blue] = [0, 0, 0];
      for (; x < end; x++, at += 3) {
        red += samples[at]!;
        green += samples[at + 1]!;
        blue += samples[at + 2]!;
      }
      sums[to]! += red * scale;
      sums[to + 1]! += green * scale;
      sums[to + 2]! += blue * scale;
    }
  }
}

/** A rectangle of boxes at some reduction. */
export interface BoxMeans extends FloatImage {
  /** 1 for each pixel that holds the mean of all of its box, else 0. */
  readonly complete: Uint8Array;
}

/** The boxes that a region touches. */
export function boxesOf({ x, y, width, height }: Rectangle, reduction: number): Rectangle {
  const [left, top] = [Math.floor(x / reduction), Math.floor(y / reduction)];
  return {
    x: left,
    y: top,
    width: Math.ceil((x + width) / reduction) - left,
    height: Math.ceil((y + height) / reduction) - top,
  };
}

/** Means at a coarser reduction, a multiple of that of the sums. Boxes that are not complete hold 0. */
export function meansOf(sums: ReducedSums, boxes: Rectangle, reduction: number): BoxMeans {
  const { channels } = sums;
  const means = new Float32Array(boxes.width * boxes.height * channels);
  const complete = new Uint8Array(boxes.width * boxes.height);
  for (let y = 0, at = 0; y < boxes.height; y++) {
    for (let x = 0; x < boxes.width; x++, at++) {
      complete[at] = addBox(sums, boxes.x + x, boxes.y + y, reduction, means, at * channels) ? 1 : 0;
    }
  }
  return { width: boxes.width, height: boxes.height, channels, samples: means, complete };
}

/** Writes the mean of one coarse box; false where some of it has not been seen. */
function addBox(
  { reduction, picture, width, height, channels, sums, counts }: ReducedSums,
  x: number,
  y: number,
  coarse: number,
  target: Float32Array,
  at: number,
): boolean {
  const factor = coarse / reduction;
  const right = Math.min(width, (x + 1) * factor);
  const bottom = Math.min(height, (y + 1) * factor);
  const pixels =
    (Math.min(picture.width, (x + 1) * coarse) - x * coarse) *
    (Math.min(picture.height, (y + 1) * coarse) - y * coarse);
  let seen = 0;
  for (let row = y * factor; row < bottom; row++) {
    for (let box = row * width + x * factor; box < row * width + right; box++) seen += counts[box]!;
  }
  if (seen < pixels) return false;
  for (let row = y * factor; row < bottom; row++) {
    for (let box = row * width + x * factor; box < row * width + right; box++) {
      for (let c = 0; c < channels; c++) target[at + c]! += sums[box * channels + c]! / pixels;
    }
  }
  return true;
}
