import { whiteOf, type Raster, type Samples } from '../image.ts';
import type { AxisPlan, Span } from './plan-tiles.ts';
import { blendRun, targetOf, type Strength } from './strength.ts';

/** One tile of a plan. */
export interface TilePlace {
  readonly row: Span;
  readonly column: Span;
  readonly height: number;
  readonly width: number;
}

/** What of a picture's channels goes into a tile: all, one of them, or its only one three times. */
export type ChannelChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'one'; readonly channel: number }
  | { readonly kind: 'replicate' };

export function tilesOf(plan: { rows: AxisPlan; columns: AxisPlan }): TilePlace[] {
  return plan.rows.spans.flatMap((row) =>
    plan.columns.spans.map((column) => ({
      row,
      column,
      height: plan.rows.tileLength,
      width: plan.columns.tileLength,
    })),
  );
}

/**
 * Copies a tile out of a picture as float32 `[height, width, channels]` on the [0, 1] scale. Where it reaches
 * beyond the picture (at most up to the next size multiple) it is mirrored at the last row and column.
 * @param used an array that is no longer needed, taken where it has the right length
 */
export function cutTile(
  raster: Raster,
  place: TilePlace,
  choice: ChannelChoice,
  used: Float32Array | null = null,
): Float32Array {
  const tileChannels = choice.kind === 'all' ? raster.channels : choice.kind === 'one' ? 1 : 3;
  const length = place.height * place.width * tileChannels;
  const tile = used?.length === length ? used : new Float32Array(length);
  eachRun(raster, place, (from, pixel, pixels) => {
    copyRow(raster, from, tile, pixel * tileChannels, pixels, choice);
  });
  return tile;
}

/** The same for 8-bit samples as they are. */
export function cutBytes(
  raster: Raster<Uint8Array>,
  place: TilePlace,
  used: Uint8Array | null = null,
): Uint8Array {
  const { samples, channels } = raster;
  const length = place.height * place.width * channels;
  const tile = used?.length === length ? used : new Uint8Array(length);
  eachRun(raster, place, (from, pixel, pixels) => {
    tile.set(samples.subarray(from, from + pixels * channels), pixel * channels);
  });
  return tile;
}

/** Each run of pixels of a tile: where its samples begin, its first pixel in the tile, and its length. */
function eachRun(
  { width, height, channels }: Raster,
  place: TilePlace,
  copy: (from: number, pixel: number, pixels: number) => void,
): void {
  const inside = Math.min(place.width, width - place.column.read);
  for (let y = 0; y < place.height; y++) {
    const rowAt = mirror(place.row.read + y, height) * width;
    copy((rowAt + place.column.read) * channels, y * place.width, inside);
    for (let x = inside; x < place.width; x++) {
      copy((rowAt + mirror(place.column.read + x, width)) * channels, y * place.width + x, 1);
    }
  }
}

function copyRow(
  { samples, channels }: Raster,
  from: number,
  tile: Float32Array,
  into: number,
  pixels: number,
  choice: ChannelChoice,
): void {
  const scale = 1 / whiteOf(samples);
  switch (choice.kind) {
    case 'all':
      copyScaled(samples, from, tile, into, pixels * channels, scale);
      return;
    case 'one':
      for (let x = 0; x < pixels; x++)
        tile[into + x] = samples[from + x * channels + choice.channel]! * scale;
      return;
    case 'replicate':
      for (let x = 0; x < pixels; x++) tile.fill(samples[from + x]! * scale, into + 3 * x, into + 3 * x + 3);
      return;
  }
}

function copyScaled(
  samples: Samples,
  from: number,
  tile: Float32Array,
  into: number,
  length: number,
  scale: number,
): void {
  if (samples instanceof Float32Array) {
    tile.set(samples.subarray(from, from + length), into);
    return;
  }
  for (let i = 0; i < length; i++) tile[into + i] = samples[from + i]! * scale;
}

/** The position a mirrored one shows, without repeating the edge; a single row or column repeats itself. */
function mirror(position: number, length: number): number {
  if (position < length) return position;
  const period = 2 * (length - 1);
  if (period === 0) return 0;
  const folded = position % period;
  return folded < length ? folded : period - folded;
}

/**
 * Blends the stretch of a tile's answer that is kept into the finished picture. Shapes as in `cutTile`.
 * @returns whether every value of the answer was a number
 */
export function stitchTile(
  answer: Float32Array,
  place: TilePlace,
  noisy: Raster,
  denoised: Raster,
  strength: Strength,
): boolean {
  const { channels } = noisy;
  const { row, column } = place;
  const target = targetOf(denoised.samples);
  let sum = 0;
  for (let y = row.keep; y < row.keep + row.keepLength; y++) {
    const noisyAt = (y * noisy.width + column.keep) * channels;
    const answerAt = ((y - row.read) * place.width + (column.keep - column.read)) * channels;
    const run = { noisyAt, answerAt, length: column.keepLength * channels };
    sum += blendRun(noisy.samples, answer, target, run, channels, strength);
  }
  return Number.isFinite(sum);
}

/** Copies the stretch of an 8-bit answer that is kept into the finished picture. */
export function stitchBytes(answer: Uint8Array, place: TilePlace, denoised: Raster<Uint8Array>): void {
  const { row, column } = place;
  const { width, channels, samples } = denoised;
  for (let y = row.keep; y < row.keep + row.keepLength; y++) {
    const answerAt = ((y - row.read) * place.width + (column.keep - column.read)) * channels;
    const kept = answer.subarray(answerAt, answerAt + column.keepLength * channels);
    samples.set(kept, (y * width + column.keep) * channels);
  }
}

/** The mean over the three channels of an answer: how a colour network answers for a grey picture. */
export function averageChannels(answer: Float32Array): Float32Array {
  const grey = new Float32Array(answer.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = (answer[3 * i]! + answer[3 * i + 1]! + answer[3 * i + 2]!) / 3;
  }
  return grey;
}

/** Three one-channel answers as one with three channels: how a grey network answers for a colour picture. */
export function joinChannels(answers: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(answers.reduce((sum, { length }) => sum + length, 0));
  answers.forEach((answer, channel) => {
    for (let i = 0; i < answer.length; i++) joined[i * answers.length + channel] = answer[i]!;
  });
  return joined;
}
