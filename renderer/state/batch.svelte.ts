import {
  idleBatch,
  type BatchCheck,
  type BatchState,
  type FinishedBatch,
  type UnfinishedBatch,
} from '../../contract/batch.ts';
import type { Calls } from './calls.ts';

type Rows = 'all' | readonly string[];

/** The batch that runs, those that are over, and those that were left open. */
export class Batch {
  #state = $state.raw<BatchState>(idleBatch);
  #unfinished = $state.raw<readonly UnfinishedBatch[]>([]);
  /** Findings that the person is to read before the start. */
  #check = $state.raw<{ readonly check: BatchCheck; readonly rows: Rows } | null>(null);
  /** The batch that was undone last. */
  #undone = $state<string | null>(null);
  /** From the press of the button to the first sign of the batch. */
  #starting = $state(false);
  /** The batch whose end is shown has been undone just now. */
  readonly undone = $derived(this.#undone !== null && this.#undone === this.#state.batch);
  readonly busy = $derived(this.#starting || !['idle', 'finished'].includes(this.#state.phase));
  readonly fraction = $derived(
    this.#state.megapixels > 0 ? Math.min(1, this.#state.megapixelsDone / this.#state.megapixels) : 0,
  );
  readonly #calls: Calls;
  readonly #flush: () => Promise<boolean>;

  /** @param flush sends choices that have been made and not been kept yet; false when that failed, which is told */
  constructor(calls: Calls, flush: () => Promise<boolean>) {
    this.#calls = calls;
    this.#flush = flush;
  }

  get state(): BatchState {
    return this.#state;
  }

  get unfinished(): readonly UnfinishedBatch[] {
    return this.#unfinished;
  }

  get check() {
    return this.#check;
  }

  get starting(): boolean {
    return this.#starting;
  }

  receive(state: BatchState): void {
    this.#state = state;
  }

  receiveUnfinished(unfinished: readonly UnfinishedBatch[]): void {
    this.#unfinished = unfinished;
  }

  /** Looks for what could go wrong first; starts at once when nothing was found. */
  async start(rows: Rows): Promise<void> {
    if (this.busy) return;
    this.#starting = true;
    try {
      // With choices that could not be kept, it would clean by others than those that are seen.
      if (!(await this.#flush())) return;
      const check = await this.#calls.ask('checkBatch', { rows: asked(rows) });
      if (!check) return;
      if (check.findings.length > 0) this.#check = { check, rows };
      else await this.#calls.tell('startBatch', { rows: asked(rows) });
    } finally {
      this.#starting = false;
    }
  }

  /** The answer to the check: start all the same, or don't. */
  async answerCheck(start: boolean): Promise<void> {
    const waiting = this.#check;
    this.#check = null;
    if (start && waiting) await this.#calls.tell('startBatch', { rows: asked(waiting.rows) });
  }

  pause = () => this.#calls.tell('pauseBatch', {});
  resume = () => this.#calls.tell('resumeBatch', {});
  stop = () => this.#calls.tell('stopBatch', {});

  continueUnfinished(batch: string): Promise<boolean> {
    return this.#calls.tell('continueBatch', { batch });
  }

  forgetUnfinished(batch: string): Promise<boolean> {
    return this.#calls.tell('forgetUnfinished', { batch });
  }

  finished(): Promise<readonly FinishedBatch[] | null> {
    return this.#calls.ask('listBatches', {});
  }

  async undo(batch: string) {
    const undone = await this.#calls.ask('undoBatch', { batch });
    if (undone) this.#undone = batch;
    return undone;
  }

  /** That a batch was undone has been told. */
  forgetUndone(): void {
    this.#undone = null;
  }
}

const asked = (rows: Rows): 'all' | string[] => (rows === 'all' ? 'all' : [...rows]);
