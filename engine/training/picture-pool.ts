import type { Random } from '../../model/noise/random.ts';

/** Pictures decoded at once while the pool fills: one is read while another is decoded. */
const DECODED_TOGETHER = 2;
/** Batches between the exchange of one picture for another, where not all pictures fit. */
const BATCHES_PER_EXCHANGE = 16;

/** Which pictures a pool holds: decodes, counted from 0 in the order in which they were begun. */
export interface PoolState {
  readonly taken: number;
  readonly batches: number;
  readonly full: boolean;
  readonly residents: readonly number[];
  /** The decode that was under way. */
  readonly pending: number | null;
}

/** What a pool needs to know of a picture, or of a pair of them. */
export interface Poolable {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** A picture, and which decode it came of. */
interface Resident<Picture> {
  readonly take: number;
  readonly picture: Picture;
}

export interface PoolOptions<File, Picture extends Poolable> {
  readonly files: readonly File[];
  /** Decodes one picture, the `visit`th time; null when it can't be used, which the caller notes. */
  readonly decode: (file: File, visit: number) => Promise<Picture | null>;
  /** Bytes of samples that are kept in memory. */
  readonly budget: number;
  readonly random: Random;
}

/**
 * Decoded pictures within a memory budget, from which patches are cut. Where not all fit, the one that has been
 * there longest makes room for the next in a random order, one every few batches; the next is decoded meanwhile.
 * Exchanges happen at fixed batches, so what a training sees does not depend on how fast a disk is.
 */
export class PicturePool<File, Picture extends Poolable> {
  readonly #options: PoolOptions<File, Picture>;
  /** Files in the order in which they are taken, over and over. */
  readonly #order: readonly File[];
  #taken = 0;
  #residents: Resident<Picture>[] = [];
  /** Running sums of the pictures' shares of the draws. */
  #shares: number[] = [];
  #full = false;
  #batches = 0;
  #next: { readonly take: number; readonly resident: Promise<Resident<Picture> | null> } | null = null;

  constructor(options: PoolOptions<File, Picture>) {
    this.#options = options;
    this.#order = options.random.split('order').shuffle([...options.files]);
  }

  /** Pictures that can be drawn now. */
  get size(): number {
    return this.#residents.length;
  }

  /** Those that can be drawn now. */
  get residents(): readonly Picture[] {
    return this.#residents.map(({ picture }) => picture);
  }

  /** Decodes as many pictures as fit. */
  async fill(signal: AbortSignal): Promise<void> {
    while (!this.#full && this.#taken < this.#order.length) {
      signal.throwIfAborted();
      const count = Math.min(DECODED_TOGETHER, this.#order.length - this.#taken);
      const takes = Array.from({ length: count }, () => this.#taken++);
      for (const resident of await Promise.all(takes.map((take) => this.#decode(take)))) {
        if (resident) this.#admit(resident);
      }
    }
    this.#weigh();
  }

  /** What the pool holds now, between two batches. */
  get state(): PoolState {
    return {
      taken: this.#taken,
      batches: this.#batches,
      full: this.#full,
      residents: this.#residents.map(({ take }) => take),
      pending: this.#next?.take ?? null,
    };
  }

  /** Instead of `fill`: decodes what a pool of the same files and seed held. What can't be had any more is missing. */
  async restore({ taken, batches, full, residents, pending }: PoolState, signal: AbortSignal): Promise<void> {
    for (let i = 0; i < residents.length; i += DECODED_TOGETHER) {
      signal.throwIfAborted();
      const takes = residents.slice(i, i + DECODED_TOGETHER);
      const found = await Promise.all(takes.map((take) => this.#decode(take)));
      this.#residents.push(...found.filter((resident) => resident !== null));
    }
    [this.#taken, this.#batches, this.#full] = [taken, batches, full];
    if (pending !== null) this.#begin(pending);
    this.#weigh();
  }

  /** To be called before each batch. */
  async advance(): Promise<void> {
    if (!this.#full || this.#batches++ % BATCHES_PER_EXCHANGE > 0) return;
    const resident = await this.#next?.resident;
    if (resident) {
      this.#admit(resident);
      this.#weigh();
    }
    this.#begin(this.#taken++);
  }

  /** A random picture. Large ones are drawn more often, by the root of their area: few do not drown many. */
  draw(random: Random): Picture {
    const at = random.uniform() * this.#shares.at(-1)!;
    let low = 0;
    let high = this.#shares.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shares[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return this.#residents[low]!.picture;
  }

  #begin(take: number): void {
    const resident = this.#decode(take);
    // Awaited some batches later; until then a failure is nobody's.
    resident.catch(() => undefined);
    this.#next = { take, resident };
  }

  async #decode(take: number): Promise<Resident<Picture> | null> {
    const visit = Math.floor(take / this.#order.length);
    const file = this.#order[take % this.#order.length]!;
    const picture = await this.#options.decode(file, visit);
    return picture && { take, picture };
  }

  #admit(resident: Resident<Picture>): void {
    this.#residents.push(resident);
    let bytes = this.#residents.reduce((sum, { picture }) => sum + picture.bytes, 0);
    while (bytes > this.#options.budget && this.#residents.length > 1) {
      bytes -= this.#residents.shift()!.picture.bytes;
      this.#full = true;
    }
  }

  #weigh(): void {
    let sum = 0;
    this.#shares = this.#residents.map(
      ({ picture: { width, height } }) => (sum += Math.sqrt(width * height)),
    );
  }
}
