import type { Gate } from '../model/inference/tile-network.ts';

/** Who goes first: pixels somebody is waiting to see, a batch, the rest of a picture that is looked at. */
export const ranks = ['visible', 'batch', 'background'] as const;
export type Rank = (typeof ranks)[number];

/**
 * Beside a batch the background gets a third of the network at most: a batch that waited until a picture was cleaned to its end
 * would stand still for as long as that takes, and a picture that is looked at must not wait for three thousand others.
 */
const batchShare = 2;
/** Between two tiles a batch is away for a moment; whoever is away for longer has none ready, and is not waited for. */
const awayMs = 40;

interface Waiting {
  readonly start: () => void;
  readonly leave: () => void;
}

/**
 * One tile in the network at a time, because the backends use all cores for each. Of those who wait the highest
 * rank is next, within a rank the first who came: a preview goes before a batch, at the next tile. While pixels are
 * made that somebody waits to see, nothing of a lower rank begins. A batch and the background share what is left.
 */
export class TileGate implements Gate {
  readonly #waiting: Readonly<Record<Rank, Waiting[]>> = { visible: [], batch: [], background: [] };
  #busy = false;
  /** How many requests of pixels to be seen are being answered. */
  #showing = 0;
  /** Milliseconds of the network that the batch is to have before the background goes on. */
  #owed = 0;
  /** Runs while the background waits for the batch to come back. */
  #away: ReturnType<typeof setTimeout> | null = null;
  readonly #delivered: () => Promise<void>;

  /** @param delivered what a turn waits for before it takes the thread: that answers are on their way */
  constructor(delivered: () => Promise<void> = () => Promise.resolve()) {
    this.#delivered = delivered;
  }

  /**
   * Makes pixels that somebody waits to see. Much of that is done between turns, piece by piece so that others come in:
   * but not a tile of the background, of a second, after each piece.
   */
  async show<T>(work: () => Promise<T>): Promise<T> {
    this.#showing++;
    try {
      return await work();
    } finally {
      this.#showing--;
      this.#next();
    }
  }

  /** A turn of a batch. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue(work, 'batch', null);
  }

  /** The same gate for work of another rank, which leaves the queue when its signal is aborted. */
  lane(rank: Rank, signal: AbortSignal): Gate {
    return { turn: (work) => this.#queue(work, rank, signal) };
  }

  async #queue<T>(work: () => Promise<T>, rank: Rank, signal: AbortSignal | null): Promise<T> {
    signal?.throwIfAborted();
    await this.#myTurn(this.#waiting[rank], signal);
    const began = performance.now();
    try {
      await this.#delivered();
      return await work();
    } finally {
      this.#account(rank, performance.now() - began);
      this.#busy = false;
      this.#next();
    }
  }

  #account(rank: Rank, ms: number): void {
    if (rank === 'batch') this.#owed = Math.max(0, this.#owed - ms);
    // A batch that has nothing ready misses nothing.
    if (rank === 'background' && this.#waiting.batch.length > 0) this.#owed += batchShare * ms;
  }

  #myTurn(queue: Waiting[], signal: AbortSignal | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', waiting.leave);
          resolve();
        },
        leave: () => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(signal!.reason as Error);
        },
      };
      signal?.addEventListener('abort', waiting.leave, { once: true });
      queue.push(waiting);
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy) return;
    const rank = this.#rankOfNext();
    const next = rank && this.#waiting[rank].shift();
    if (!next) return;
    if (this.#away) clearTimeout(this.#away);
    this.#away = null;
    this.#busy = true;
    next.start();
  }

  #rankOfNext(): Rank | null {
    const waits = (rank: Rank) => this.#waiting[rank].length > 0;
    if (waits('visible') || this.#showing > 0) return 'visible';
    if (!waits('background')) return 'batch';
    if (this.#owed === 0) return 'background';
    if (waits('batch')) return 'batch';
    this.#away ??= setTimeout(() => this.#giveUp(), awayMs);
    return null;
  }

  /** The batch has not come back. */
  #giveUp(): void {
    this.#away = null;
    this.#owed = 0;
    this.#next();
  }
}
