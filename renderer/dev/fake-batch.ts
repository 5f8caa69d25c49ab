import { idleBatch, type BatchState, type FinishedBatch, type QueueRow } from '../../contract/batch.ts';
import type { WindowEvent } from '../../contract/window-api.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { reportOf } from './fake-rows.ts';

/** A batch that takes a second a picture, and of which every seventh picture fails. */
export class FakeBatch {
  state: BatchState = idleBatch;
  finished: FinishedBatch[] = [];
  #queue: string[] = [];
  #fraction = 0;
  readonly #rows: Map<string, QueueRow>;
  readonly #tell: (event: WindowEvent) => void;

  constructor(rows: Map<string, QueueRow>, tell: (event: WindowEvent) => void) {
    this.#rows = rows;
    this.#tell = tell;
    setInterval(() => this.#tick(), 100);
  }

  start(ids: readonly string[]): string {
    this.#queue = ids.filter((id) => this.#rows.get(id)?.state !== 'unreadable');
    for (const id of this.#queue) this.#row(id, { state: 'waiting' });
    const megapixels = this.#queue.reduce((sum, id) => sum + this.#megapixels(id), 0);
    const counts = { all: this.#queue.length, done: 0, unchanged: 0, failed: 0, kept: 0 };
    this.#put({
      ...idleBatch,
      phase: 'running',
      batch: `batch-${this.finished.length + 1}`,
      counts,
      megapixels,
    });
    return this.state.batch ?? '';
  }

  phase(phase: 'paused' | 'running'): void {
    this.#put({ ...this.state, phase });
  }

  stop(): void {
    for (const id of this.#queue) this.#row(id, { state: 'ready', fraction: 0 });
    this.#queue = [];
    this.#end(true);
  }

  #tick(): void {
    const id = this.#queue[0];
    if (this.state.phase !== 'running' || id === undefined) return;
    this.#fraction += 0.12;
    const secondsLeft = this.#queue.length;
    this.#put({ ...this.state, secondsSoFar: this.state.secondsSoFar + 0.1, secondsLeft });
    if (this.#fraction < 1) return this.#row(id, { state: 'working', fraction: this.#fraction });
    this.#fraction = 0;
    this.#queue.shift();
    this.#finish(id);
    if (this.#queue.length === 0) this.#end(false);
  }

  #finish(id: string): void {
    const failed = Number(id.split('-')[1]) % 7 === 3;
    const { counts } = this.state;
    this.#put({
      ...this.state,
      megapixelsDone: this.state.megapixelsDone + this.#megapixels(id),
      counts: { ...counts, done: counts.done + (failed ? 0 : 1), failed: counts.failed + (failed ? 1 : 0) },
    });
    const name = this.#rows.get(id)?.name ?? '';
    if (!failed) {
      return this.#row(id, {
        state: 'done',
        noiseFactor: 0.09,
        seconds: 1.2,
        output: name.replace('.', '_denoised.'),
      });
    }
    const details = { file: name, reason: phrase('damage-end-missing') };
    this.#row(id, { state: 'failed', problem: { code: 'image-damaged', details, message: 'damaged' } });
  }

  #end(stopped: boolean): void {
    this.#put({ ...this.state, phase: 'finished', stopped, secondsLeft: null });
    this.finished = [reportOf([...this.#rows.values()], this.state), ...this.finished];
  }

  #row(id: string, changes: Partial<QueueRow>): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.set(id, { ...row, ...changes });
    this.#tell({ type: 'rows', rows: [{ ...row, ...changes }] });
  }

  #put(state: BatchState): void {
    this.state = state;
    this.#tell({ type: 'batch', batch: state });
  }

  #megapixels(id: string): number {
    const picture = this.#rows.get(id)?.picture;
    return picture ? (picture.width * picture.height) / 1e6 : 0;
  }
}
