import type { Random } from '../../model/noise/random.ts';
import type { BytePicture } from './prepare-picture.ts';

/** Pictures decoded at once while the pool fills: one is read while another is decoded. */
const DECODED_TOGETHER = 2;
/** Batches between the exchange of one picture for another, where not all pictures fit. */
const BATCHES_PER_EXCHANGE = 16;

export interface PoolOptions<File> {
  readonly files: readonly File[];
  /** Decodes one picture, the `visit`th time; null when it can't be used, which the caller notes. */
  readonly decode: (file: File, visit: number) => Promise<BytePicture | null>;
  /** Bytes of samples that are kept in memory. */
  readonly budget: number;
  readonly random: Random;
}

/**
 * Decoded pictures within a memory budget, from which patches are cut. Where not all fit, the one that has been
 * there longest makes room for the next in a random order, one every few batches; the next is decoded meanwhile.
 * Exchanges happen at fixed batches, so what a training sees does not depend on how fast a disk is.
 */
export class PicturePool<File> {
  readonly #options: PoolOptions<File>;
  /** Files in the order in which they are taken, over and over. */
  readonly #order: readonly File[];
  #taken = 0;
  #pictures: BytePicture[] = [];
  /** Running sums of the pictures' shares of the draws. */
  #shares: number[] = [];
  #full = false;
  #batches = 0;
  #next: Promise<BytePicture | null> | null = null;

  constructor(options: PoolOptions<File>) {
    this.#options = options;
    this.#order = options.random.split('order').shuffle([...options.files]);
  }

  /** Pictures that can be drawn now. */
  get size(): number {
    return this.#pictures.length;
  }

  /** Decodes as many pictures as fit. */
  async fill(signal: AbortSignal): Promise<void> {
    while (!this.#full && this.#taken < this.#order.length) {
      signal.throwIfAborted();
      const count = Math.min(DECODED_TOGETHER, this.#order.length - this.#taken);
      const decoded = await Promise.all(Array.from({ length: count }, () => this.#decodeNext()));
      for (const picture of decoded) if (picture) this.#admit(picture);
    }
    this.#weigh();
  }

  /** To be called before each batch. */
  async advance(): Promise<void> {
    if (!this.#full || this.#batches++ % BATCHES_PER_EXCHANGE > 0) return;
    const picture = await this.#next;
    if (picture) {
      this.#admit(picture);
      this.#weigh();
    }
    this.#next = this.#decodeNext();
    // Awaited some batches later; until then a failure is nobody's.
    this.#next.catch(() => undefined);
  }

  /** A random picture. Large ones are drawn more often, by the root of their area: few do not drown many. */
  draw(random: Random): BytePicture {
    const at = random.uniform() * this.#shares.at(-1)!;
    let low = 0;
    let high = this.#shares.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shares[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return this.#pictures[low]!;
  }

  #decodeNext(): Promise<BytePicture | null> {
    const visit = Math.floor(this.#taken / this.#order.length);
    const file = this.#order[this.#taken % this.#order.length]!;
    this.#taken++;
    return this.#options.decode(file, visit);
  }

  #admit(picture: BytePicture): void {
    this.#pictures.push(picture);
    let bytes = this.#pictures.reduce((sum, { samples }) => sum + samples.length, 0);
    while (bytes > this.#options.budget && this.#pictures.length > 1) {
      bytes -= this.#pictures.shift()!.samples.length;
      this.#full = true;
    }
  }

  #weigh(): void {
    let sum = 0;
    this.#shares = this.#pictures.map(({ width, height }) => (sum += Math.sqrt(width * height)));
  }
}
