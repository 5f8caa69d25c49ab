import { failureOf, type Failure } from '../../contract/errors.ts';
import type { ImageSummary } from '../../contract/image.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import type { Queue } from './queue.ts';
import type { WindowHub } from './window-hub.ts';

/** Headers read at the same time; beside a batch one at a time, so that it is not slowed down. */
const together = 4;
const besideBatch = 1;

/** Reads the headers of new rows in the background. */
export class Headers {
  readonly #queue: Queue;
  readonly #hub: WindowHub;
  readonly #engine: EngineSupervisor;
  readonly #prepare: () => Promise<void>;
  readonly #batchRuns: () => boolean;
  #waiting: string[] = [];
  #at = 0;
  /** Those that wait, once each. */
  readonly #asked = new Set<string>();
  #atWork = 0;
  #closed = false;
  #toldUnavailable = false;

  constructor(options: {
    queue: Queue;
    hub: WindowHub;
    engine: EngineSupervisor;
    /** Makes the engine what the settings want, so that it need not be started anew for the first batch. */
    prepare: () => Promise<void>;
    batchRuns: () => boolean;
  }) {
    this.#queue = options.queue;
    this.#hub = options.hub;
    this.#engine = options.engine;
    this.#prepare = options.prepare;
    this.#batchRuns = options.batchRuns;
  }

  read(id: string): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#waiting.push(id);
    this.#begin();
  }

  close(): void {
    this.#closed = true;
  }

  #begin(): void {
    const most = this.#batchRuns() ? besideBatch : together;
    while (this.#atWork < most && this.#at < this.#waiting.length && !this.#closed) {
      const id = this.#waiting[this.#at++] ?? '';
      this.#asked.delete(id);
      this.#atWork++;
      void this.#read(id).finally(() => {
        this.#atWork--;
        this.#begin();
      });
    }
    if (this.#at < this.#waiting.length) return;
    this.#waiting = [];
    this.#at = 0;
  }

  async #read(id: string): Promise<void> {
    const row = this.#queue.get(id);
    if (row?.state !== 'found') return;
    try {
      await this.#prepare();
      const summary = await this.#engine.callTwice('inspectImage', { file: row.source }, row.source);
      this.#toldUnavailable = false;
      this.#take(id, summary);
    } catch (error) {
      const problem = failureOf(error);
      if (this.#closed || problem.code === 'cancelled') return;
      if (problem.code === 'engine-unavailable') this.#giveUp(problem);
      else this.#settle(id, { state: 'unreadable', problem });
    }
  }

  #take(id: string, summary: ImageSummary): void {
    const notices = summary.ownOutput ? [{ code: 'own-output', details: {} } as const] : [];
    const state = summary.ownOutput ? 'kept' : 'ready';
    this.#settle(id, { summary, own: summary.ownOutput, notices, state });
  }

  /** A batch may have taken the row meanwhile: what it says of it stands. */
  #settle(id: string, changes: Parameters<Queue['change']>[1]): void {
    const now = this.#queue.get(id);
    if (!now) return;
    if (now.state === 'found') this.#queue.change(id, changes);
    else if (changes.summary) this.#queue.change(id, { summary: changes.summary });
  }

  /** Without an engine no header can be read; it is told once, and tried again with the next rows. */
  #giveUp(failure: Failure): void {
    this.#waiting = [];
    this.#at = 0;
    this.#asked.clear();
    if (!this.#toldUnavailable) this.#hub.emit({ type: 'failure', failure });
    this.#toldUnavailable = true;
  }
}
