import type { SeenPictures } from '../../contract/familiar.ts';
import type { Raster } from '../../model/image.ts';
import { bitsOf } from '../images/depth.ts';

/** What the pictures that were read are like, as they are in their files. */
export class Seen {
  #sides: [number, number] = [Infinity, 0];
  #factors: [number, number] = [Infinity, 0];
  readonly #depths = new Set<SeenPictures['bitDepths'][number]>();
  readonly #channels = new Set<1 | 3>();

  add({ width, height, channels, samples }: Raster, noiseFactor: number): void {
    this.#sides = widened(this.#sides, Math.min(width, height));
    this.#factors = widened(this.#factors, noiseFactor);
    this.#depths.add(bitsOf(samples));
    this.#channels.add(channels);
  }

  /** Goes on from what was seen before. */
  restore({ sides, noiseFactors, bitDepths, grey, colour }: SeenPictures): void {
    this.#sides = [sides.low, sides.high];
    this.#factors = [noiseFactors.low, noiseFactors.high];
    for (const depth of bitDepths) this.#depths.add(depth);
    if (grey) this.#channels.add(1);
    if (colour) this.#channels.add(3);
  }

  /** Null before the first picture. */
  get value(): SeenPictures | null {
    if (this.#channels.size === 0) return null;
    return {
      sides: { low: this.#sides[0], high: this.#sides[1] },
      noiseFactors: { low: this.#factors[0], high: this.#factors[1] },
      bitDepths: [...this.#depths].sort((a, b) => a - b),
      grey: this.#channels.has(1),
      colour: this.#channels.has(3),
    };
  }
}

const widened = ([low, high]: readonly [number, number], value: number): [number, number] => [
  Math.min(low, value),
  Math.max(high, value),
];
