import { setImmediate } from 'node:timers/promises';
import type { Batch } from '../../model/training/batch.ts';
import type { PoolState } from './picture-pool.ts';

/** Where batches come from: see `PicturePool`. */
interface Pool {
  readonly state: PoolState;
  /** To be called before each batch. */
  advance(): Promise<void>;
}

/** A batch that is being made, and the pool as the batch finds it. */
interface Coming {
  readonly step: number;
  readonly made: Promise<{ readonly batch: Batch; readonly pool: PoolState }>;
}

/**
 * Makes the batch of the next step while a step is at work. What is told of the pool is how it stood for the last batch
 * that was given out: a training that is taken up again makes the next one anew.
 */
export class BatchesAhead {
  readonly #pool: Pool;
  readonly #make: (step: number) => Promise<Batch>;
  #coming: Coming | null = null;
  #state: PoolState;

  constructor(pool: Pool, make: (step: number) => Promise<Batch>) {
    this.#pool = pool;
    this.#make = make;
    this.#state = pool.state;
  }

  get pool(): PoolState {
    return this.#state;
  }

  /** To be asked for step by step. */
  async next(step: number): Promise<Batch> {
    const coming = this.#coming?.step === step ? this.#coming : this.#begin(step);
    const { batch, pool } = await coming.made;
    this.#state = pool;
    this.#coming = this.#begin(step + 1);
    // Patches are cut and on their way before the step takes this thread.
    await setImmediate();
    return batch;
  }

  #begin(step: number): Coming {
    const made = this.#advanceAndMake(step);
    // Awaited a step later; until then a failure is nobody's.
    made.catch(() => undefined);
    return { step, made };
  }

  async #advanceAndMake(step: number): Promise<{ batch: Batch; pool: PoolState }> {
    await this.#pool.advance();
    const pool = this.#pool.state;
    return { batch: await this.#make(step), pool };
  }
}
