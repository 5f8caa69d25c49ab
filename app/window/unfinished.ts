import type { UnfinishedBatch } from '../../contract/batch.ts';
import type { CleanJob } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { lockHolder } from '../../storage/lock.ts';
import { doneBefore } from '../clean/clean-record.ts';
import type { JobStore, StoredCleanJob } from '../jobs/job-store.ts';
import type { WindowHub } from './window-hub.ts';

/** Batches that a crash or a stop left open, and that nobody is working on. */
export class Unfinished {
  readonly #store: JobStore;
  readonly #hub: WindowHub;
  /** Batches that were stopped here, with the sources that are left of each. */
  readonly #leftHere = new Map<string, readonly string[]>();

  constructor(store: JobStore, hub: WindowHub) {
    this.#store = store;
    this.#hub = hub;
  }

  /** The newest first. */
  async list(): Promise<UnfinishedBatch[]> {
    const found: UnfinishedBatch[] = [];
    for (const jobId of (await this.#store.unfinished()).reverse()) {
      const stored = await this.#store.read(jobId);
      if (!stored || (await lockHolder(this.#store.lockFile(stored.key))) !== null) continue;
      const { pictures } = stored.plan;
      const done = await doneBefore(this.#store.folderOf(jobId));
      const left = pictures.filter(({ source }) => !done.has(source)).length;
      if (left === 0) continue;
      found.push({ batch: jobId, started: stored.started, pictures: pictures.length, left });
    }
    return found;
  }

  /** @throws AppError `batch-not-found` for what is not one of them */
  async find(batch: string): Promise<StoredCleanJob> {
    const open = (await this.#store.unfinished()).includes(batch);
    const stored = open ? await this.#store.read(batch) : null;
    if (!stored) throw new AppError('batch-not-found');
    return stored;
  }

  async forget(batch: string): Promise<void> {
    const { jobId, key } = await this.find(batch);
    // Gone on with in another window: if it is interrupted once more, it is to be offered once more.
    if ((await lockHolder(this.#store.lockFile(key))) !== null) throw new AppError('batch-running');
    await this.#store.forget(jobId);
    this.#leftHere.delete(jobId);
    await this.tell();
  }

  /** A batch was stopped with something left to do. */
  leftOpen(batch: string, sources: readonly string[]): void {
    this.#leftHere.set(batch, sources);
  }

  /** What was left of a batch that was stopped here is now part of another. */
  async replaceBy({ inputs }: CleanJob): Promise<void> {
    const taken = new Set(inputs);
    for (const [batch, sources] of this.#leftHere) {
      if (!sources.every((source) => taken.has(source))) continue;
      this.#leftHere.delete(batch);
      await this.#store.forget(batch);
    }
    await this.tell();
  }

  async tell(): Promise<void> {
    this.#hub.emit({ type: 'unfinished', unfinished: await this.list() });
  }
}
