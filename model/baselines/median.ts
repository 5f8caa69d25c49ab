import type { Raster } from '../image.ts';

/**
 * The median of each (2 radius + 1)² square, channel by channel; beyond the edge the edge is repeated. The square's
 * histogram moves along the row, and the median with it (Huang, Yang and Tang, "A fast two-dimensional median filtering
 * algorithm", 1979).
 */
export function medianFilter(image: Raster<Uint8Array>, radius: number): Raster<Uint8Array> {
  const { width, height, channels } = image;
  const samples = new Uint8Array(image.samples.length);
  const square = new MovingHistogram(Math.floor((2 * radius + 1) ** 2 / 2));
  for (let y = 0; y < height; y++) {
    const rows = Array.from({ length: 2 * radius + 1 }, (_, i) => inside(y + i - radius, height) * width);
    for (let channel = 0; channel < channels; channel++) {
      const sampleAt = (row: number, x: number) =>
        image.samples[(row + inside(x, width)) * channels + channel]!;
      square.clear();
      for (let x = -radius; x <= radius; x++) for (const row of rows) square.add(sampleAt(row, x));
      for (let x = 0; x < width; x++) {
        samples[(y * width + x) * channels + channel] = square.median();
        for (const row of rows) {
          square.remove(sampleAt(row, x - radius));
          square.add(sampleAt(row, x + radius + 1));
        }
      }
    }
  }
  return { ...image, samples };
}

const inside = (position: number, length: number): number => Math.min(length - 1, Math.max(0, position));

/** Counts of 8-bit values, and how many of them lie below a level that follows the median. */
class MovingHistogram {
  readonly #counts = new Uint32Array(256);
  /** Values that lie below the median. */
  readonly #half: number;
  #level = 0;
  #below = 0;

  constructor(half: number) {
    this.#half = half;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#level = 0;
    this.#below = 0;
  }

  add(value: number): void {
    this.#counts[value]!++;
    if (value < this.#level) this.#below++;
  }

  remove(value: number): void {
    this.#counts[value]!--;
    if (value < this.#level) this.#below--;
  }

  median(): number {
    while (this.#below > this.#half) this.#below -= this.#counts[--this.#level]!;
    while (this.#below + this.#counts[this.#level]! <= this.#half)
      this.#below += this.#counts[this.#level++]!;
    return this.#level;
  }
}
