import { samplesLike, type Raster } from '../image.ts';

/**
 * The picture with the colour under fully transparent pixels replaced by that of the nearest visible pixel of the
 * row (of the nearest row, where a row has none). What an editor left there, often plain black, would otherwise
 * bleed through the network into the visible edge. Returns the raster itself when nothing is hidden.
 */
export function coverHiddenColour(raster: Raster, alpha: Raster): Raster {
  const { width, height, channels } = raster;
  if (!alpha.samples.includes(0)) return raster;
  const samples = samplesLike(raster.samples, raster.samples.length);
  samples.set(raster.samples);
  const covered = { ...raster, samples };
  const rowLength = width * channels;
  let lastFilled = -1;
  for (let y = 0; y < height; y++) {
    if (!coverRow(covered, alpha, y)) continue;
    // Rows above without anything visible take the first row that has something.
    if (lastFilled < 0) for (let above = 0; above < y; above++) copyRow(samples, y, above, rowLength);
    else copyNearestRow(samples, lastFilled, y, rowLength);
    lastFilled = y;
  }
  if (lastFilled >= 0) {
    for (let below = lastFilled + 1; below < height; below++) copyRow(samples, lastFilled, below, rowLength);
  }
  return covered;
}

/** Puts the colour that the file holds back under the fully transparent pixels of a finished picture. */
export function restoreHiddenColour(denoised: Raster, original: Raster, alpha: Raster): void {
  const { channels } = original;
  for (let pixel = 0; pixel < alpha.samples.length; pixel++) {
    if (alpha.samples[pixel] !== 0) continue;
    for (let c = 0; c < channels; c++) {
      denoised.samples[pixel * channels + c] = original.samples[pixel * channels + c]!;
    }
  }
}

/** Fills the hidden pixels of one row from its visible ones; false when there are none. */
function coverRow({ width, channels, samples }: Raster, alpha: Raster, y: number): boolean {
  const first = y * width;
  let left = -1;
  for (let x = 0; x < width; x++) {
    if (alpha.samples[first + x] === 0) continue;
    // The gap between two visible pixels is shared between them; the one before the first is all its own.
    for (let gap = left + 1; gap < x; gap++) {
      const from = left >= 0 && gap - left <= x - gap ? left : x;
      copyPixel(samples, first + from, first + gap, channels);
    }
    left = x;
  }
  if (left < 0) return false;
  for (let x = left + 1; x < width; x++) copyPixel(samples, first + left, first + x, channels);
  return true;
}

function copyNearestRow(samples: Raster['samples'], above: number, below: number, rowLength: number): void {
  for (let y = above + 1; y < below; y++) {
    copyRow(samples, y - above <= below - y ? above : below, y, rowLength);
  }
}

function copyRow(samples: Raster['samples'], from: number, to: number, rowLength: number): void {
  samples.copyWithin(to * rowLength, from * rowLength, (from + 1) * rowLength);
}

function copyPixel(samples: Raster['samples'], from: number, to: number, channels: number): void {
  for (let c = 0; c < channels; c++) samples[to * channels + c] = samples[from * channels + c]!;
}
