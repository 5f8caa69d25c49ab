import type { Gate } from '../model/inference/tile-network.ts';

/** Who goes first: pixels somebody is waiting to see, the rest of a picture that is looked at, a batch. */
export const ranks = ['visible', 'background', 'batch'] as const;
export type Rank = (typeof ranks)[number];

interface Waiting {
  readonly start: () => void;
  readonly leave: () => void;
}

/**
 * One tile in the network at a time, because the backends use all cores for each. Of those who wait the highest
 * rank is next, within a rank the first who came: a preview goes before a batch, at the next tile. While pixels are
 * made that somebody waits to see, nothing of a lower rank begins.
 */
export class TileGate implements Gate {
  readonly #waiting: Readonly<Record<Rank, Waiting[]>> = { visible: [], background: [], batch: [] };
  #busy = false;
  /** How many requests of pixels to be seen are being answered. */
  #showing = 0;
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
    try {
      await this.#delivered();
      return await work();
    } finally {
      this.#busy = false;
      this.#next();
    }
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
    const allowed = this.#showing > 0 ? ranks.slice(0, 1) : ranks;
    const queue = allowed.map((rank) => this.#waiting[rank]).find(({ length }) => length > 0);
    const next = queue?.shift();
    if (!next) return;
    this.#busy = true;
    next.start();
  }
}
