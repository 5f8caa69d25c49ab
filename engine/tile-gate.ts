import type { Gate } from '../model/inference/tile-network.ts';

/** One tile in the network at a time, in the order of asking: the backends use all cores for each. */
export class TileGate implements Gate {
  #last: Promise<unknown> = Promise.resolve();

  turn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
