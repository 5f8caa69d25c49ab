import { whiteOf, type Raster } from '../image.ts';
import { BLOCK, blockDct, COEFFICIENTS } from './estimate-dct.ts';

/** The 64 coefficients each of brightness and of two differences of colour. */
export type OpponentPlanes = readonly [Float64Array, Float64Array, Float64Array];

const SUM = 1 / Math.sqrt(3);
const CROSS = 1 / Math.sqrt(6);

/**
 * Reads 8 × 8 blocks of one picture as values in [0, 1] and transforms them.
 * At scale 2 each of the 64 values is the mean of 2 × 2 pixels, so that a block covers 16 × 16; and so on.
 */
export class BlockReader {
  /** The last block read: orthonormal DCT, row = vertical frequency. */
  readonly coefficients = new Float64Array(COEFFICIENTS);
  readonly #raster: Raster;
  readonly #scale: number;
  readonly #unit: number;
  readonly #pixels = new Float64Array(COEFFICIENTS);
  readonly #rows = new Float64Array(COEFFICIENTS);
  #lowest = 0;
  #highest = 0;
  #outside = false;

  constructor(raster: Raster, scale: number) {
    this.#raster = raster;
    this.#scale = scale;
    this.#unit = 1 / (whiteOf(raster.samples) * scale * scale);
  }

  /** Reads one channel of the block whose upper left pixel is (x, y). */
  readChannel(x: number, y: number, channel: number): void {
    this.#pixels.fill(0);
    this.#add(x, y, channel, 1);
    blockDct(this.#pixels, this.coefficients, this.#rows);
  }

  /**
   * Reads the mean of all channels, and writes the mean of each into `means` from `at` on.
   * False where nothing can be measured: all channels are one value all over, or one of them is all black or all
   * white or not finite.
   */
  readBrightness(x: number, y: number, means: Float32Array, at: number): boolean {
    const { channels } = this.#raster;
    this.#pixels.fill(0);
    let finite = true;
    let saturated = false;
    let constant = true;
    for (let channel = 0; channel < channels; channel++) {
      const mean = this.#add(x, y, channel, 1 / channels) / COEFFICIENTS;
      means[at + channel] = mean;
      const flat = this.#lowest === this.#highest;
      finite &&= Number.isFinite(mean);
      saturated ||= flat && (this.#lowest <= 0 || this.#lowest >= 1);
      constant &&= flat;
    }
    const usable = finite && !saturated && !constant;
    if (usable) blockDct(this.#pixels, this.coefficients, this.#rows);
    return usable;
  }

  /**
   * Reads the block in brightness and in two differences of colour, an orthonormal change of axes: independent noise of
   * variance v in three channels has variance v in each. Grey counts as three equal channels.
   * @param planes the coefficients of (R + G + B) / √3, (R − B) / √2 and (R − 2 G + B) / √6
   * @returns the mean brightness, or NaN where nothing can be measured: one value all over, or not finite
   */
  readOpponents(x: number, y: number, planes: OpponentPlanes): number {
    const [brightness, redBlue, greenMagenta] = planes;
    const { channels } = this.#raster;
    let mean = 0;
    let constant = true;
    for (const [channel, plane] of planes.entries()) {
      if (channel >= channels) {
        plane.set(brightness);
        continue;
      }
      this.#pixels.fill(0);
      mean += this.#add(x, y, channel, 1) / COEFFICIENTS / channels;
      constant &&= this.#lowest === this.#highest;
      blockDct(this.#pixels, plane, this.#rows);
    }
    for (let i = 0; i < COEFFICIENTS; i++) {
      const r = brightness[i]!;
      const g = redBlue[i]!;
      const b = greenMagenta[i]!;
      brightness[i] = SUM * (r + g + b);
      redBlue[i] = Math.SQRT1_2 * (r - b);
      greenMagenta[i] = CROSS * (r - 2 * g + b);
    }
    return constant ? NaN : mean;
  }

  /**
   * Whether a side of the last block is one value from end to end: a part without noise, such as a border,
   * begins there or fills it.
   */
  get touchesConstant(): boolean {
    const last = BLOCK * (BLOCK - 1);
    return (
      this.#isConstant(0, 1) ||
      this.#isConstant(last, 1) ||
      this.#isConstant(0, BLOCK) ||
      this.#isConstant(BLOCK - 1, BLOCK)
    );
  }

  #isConstant(first: number, step: number): boolean {
    const pixels = this.#pixels;
    for (let i = 1; i < BLOCK; i++) if (pixels[first + i * step] !== pixels[first]) return false;
    return true;
  }

  /** Whether any block so far held a value outside [0, 1]. */
  get outside(): boolean {
    return this.#outside;
  }

  /** Adds a share of one channel to the block; gives the sum of the channel's 64 values. */
  #add(x: number, y: number, channel: number, share: number): number {
    const { width, channels, samples } = this.#raster;
    const pixels = this.#pixels;
    const unit = this.#unit;
    const scale = this.#scale;
    let lowest = Infinity;
    let highest = -Infinity;
    let sum = 0;
    for (let row = 0, to = 0; row < BLOCK; row++) {
      let at = ((y + row * scale) * width + x) * channels + channel;
      for (let column = 0; column < BLOCK; column++, to++, at += scale * channels) {
        const value = unit * (scale === 1 ? samples[at]! : this.#cell(at));
        sum += value;
        pixels[to]! += share * value;
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
      }
    }
    this.#lowest = lowest;
    this.#highest = highest;
    this.#outside ||= lowest < 0 || highest > 1;
    return sum;
  }

  /** The sum of scale × scale samples of one channel. */
  #cell(first: number): number {
    const { width, channels, samples } = this.#raster;
    let sum = 0;
    for (let row = 0; row < this.#scale; row++) {
      let at = first + row * width * channels;
      for (let column = 0; column < this.#scale; column++, at += channels) sum += samples[at]!;
    }
    return sum;
  }
}
