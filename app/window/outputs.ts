import { stat } from 'node:fs/promises';
import { AppError } from '../../contract/errors.ts';
import type { FinishedBatches } from './finished-batches.ts';
import type { Queue } from './queue.ts';

/** Finished pictures by the ids of rows, of the queue or of a batch that is over: no other file has one. */
export class Outputs {
  readonly #queue: Queue;
  readonly #finished: FinishedBatches;

  constructor(queue: Queue, finished: FinishedBatches) {
    this.#queue = queue;
    this.#finished = finished;
  }

  /** @throws AppError `row-not-found`, `output-not-found` when it is gone */
  async find(row: string): Promise<string> {
    const known = this.#queue.get(row);
    const path = known ? known.output : await this.#finished.output(row);
    if (path === null) throw new AppError('row-not-found');
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) throw new AppError('output-not-found', { file: path });
    return path;
  }
}
