import type { Raster, Samples } from '../../model/image.ts';
import type { PictureHeader } from './picture-header.ts';
import { Refusal } from './refusal.ts';
import { readSamples } from './tiff-samples.ts';

/** What 0 and 1 of a raster stand for in the file. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

export interface FloatRange extends ValueRange {
  /** Values that are not numbers, over all pages. Above 0 only when salvaging; they become 0. */
  readonly notFinite: number;
}

/**
 * The range of a float file over all its pages, so that one noise factor means the same on each.
 *
 * @throws Refusal image-not-finite, with the count, unless salvaging
 */
export async function measureRange(header: PictureHeader, salvage: boolean): Promise<FloatRange> {
  let [low, high, notFinite] = [Infinity, -Infinity, 0];
  const { structure, pages } = header.tiff!;
  for (const page of pages) {
    if (!page.float) continue;
    const { colour, extra } = await readSamples(structure, page, salvage);
    for (const value of colour) {
      if (!Number.isFinite(value)) notFinite++;
      else {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (extra) notFinite += zeroNotFinite(extra);
  }
  if (notFinite > 0 && !salvage) throw new Refusal('image-not-finite', { count: notFinite });
  if (low > high) return { low: 0, high: 1, notFinite };
  return notFinite > 0
    ? { low: Math.min(low, 0), high: Math.max(high, 0), notFinite }
    : { low, high, notFinite };
}

/** Whether values have to be mapped at all: what lies within [0, 1] stays as it is. */
export function isMapped({ low, high }: ValueRange): boolean {
  return low < 0 || high > 1;
}

export function zeroNotFinite(samples: Samples): number {
  let count = 0;
  for (let at = 0; at < samples.length; at++) {
    if (Number.isFinite(samples[at]!)) continue;
    samples[at] = 0;
    count++;
  }
  return count;
}

/** Maps file values to [0, 1], in place. */
export function mapToUnit(samples: Samples, { low, high }: ValueRange): void {
  const scale = high > low ? 1 / (high - low) : 0;
  for (let at = 0; at < samples.length; at++) samples[at] = unitOf(samples[at]!, low, scale);
}

/** Computed in double precision; `Math.fround` makes both directions see what the array holds. */
function unitOf(value: number, low: number, scale: number): number {
  return Math.min(1, Math.max(0, Math.fround((value - low) * scale)));
}

/**
 * File values of a mapped raster that was worked on. Each is the original value plus what was changed, so a
 * sample that was not changed comes back exactly. Writes into `original` and returns it.
 */
export function mapFromUnit(worked: Raster, original: Float32Array, { low, high }: ValueRange): Float32Array {
  const span = high - low;
  const scale = high > low ? 1 / span : 0;
  const { samples } = worked;
  for (let at = 0; at < original.length; at++) {
    const value = original[at]!;
    const change = samples[at]! - unitOf(value, low, scale);
    // Rounding must not lead beyond what floats can hold.
    if (change !== 0) original[at] = Math.min(high, Math.max(low, value + change * span));
  }
  return original;
}
