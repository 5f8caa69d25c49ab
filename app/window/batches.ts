import { idleBatch, type BatchState } from '../../contract/batch.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { JobEvent } from '../../contract/jobs.ts';
import type { Settings } from '../../contract/settings.ts';
import { batchEndText } from '../../contract/texts/notify.ts';
import type { AppParts } from '../parts.ts';
import { doneBefore } from '../clean/clean-record.ts';
import { Batch, type BatchEnd, type BatchListener, type BatchOptions } from './batch.ts';
import { jobOf } from './batch-job.ts';
import { BatchRows } from './batch-rows.ts';
import type { Queue } from './queue.ts';
import { rowsOfStored } from './stored-rows.ts';
import type { Row } from './row.ts';
import { kindOf, type Speeds } from './speeds.ts';
import type { Unfinished } from './unfinished.ts';
import type { WindowHub } from './window-hub.ts';

export interface BatchesOptions {
  readonly parts: AppParts;
  readonly queue: Queue;
  readonly hub: WindowHub;
  readonly speeds: Speeds;
  readonly unfinished: Unfinished;
  /** Reads the header of a row. */
  readonly readHeader: (row: string) => void;
}

/** The batches of the windows, one at a time, and what the machine is to do meanwhile. */
export class Batches {
  readonly #options: BatchesOptions;
  #batch: Batch | null = null;
  #state: BatchState = idleBatch;
  #settings: Settings | null = null;

  constructor(options: BatchesOptions) {
    this.#options = options;
    options.parts.events.subscribe((event) => this.#take(event));
  }

  get state(): BatchState {
    return this.#state;
  }

  get running(): boolean {
    return this.#batch?.active === true;
  }

  /** Cleans rows: those that are named whatever their state, of all those that are not done. */
  async start(wanted: 'all' | readonly string[]): Promise<{ batch: string }> {
    this.#mustBeFree();
    const { parts, queue, unfinished } = this.#options;
    const settings = await parts.settings.read();
    this.#mustBeFree();
    const rows = rowsToClean(queue, wanted);
    if (rows.length === 0) throw new AppError('nothing-to-clean');
    const job = jobOf(rows, settings, parts.places);
    const batch = await this.#begin(rows, settings, { job, resume: false, done: new Map() });
    await unfinished.replaceBy(job);
    return { batch };
  }

  /** Goes on with a batch that a crash or a stop left open; its rows appear again. */
  async goOnWith(id: string): Promise<{ batch: string }> {
    this.#mustBeFree();
    const { parts, queue, unfinished } = this.#options;
    const stored = await unfinished.find(id);
    const done = await doneBefore(parts.store.folderOf(id));
    const settings = await parts.settings.read();
    this.#mustBeFree();
    const rows = rowsOfStored(stored, queue, parts.places);
    const batch = await this.#begin(rows, settings, { job: stored.job, resume: true, done });
    await unfinished.tell();
    return { batch };
  }

  pause(): void {
    this.#batch?.pause();
  }

  goOn(): void {
    this.#batch?.goOn();
  }

  stop(): void {
    this.#batch?.stop();
  }

  /** The app closes: nobody is told any more. */
  close(): void {
    this.#options.hub.keepAwake(false);
  }

  async #begin(
    rows: readonly Row[],
    settings: Settings,
    work: Pick<BatchOptions, 'job' | 'resume' | 'done'>,
  ): Promise<string> {
    const { queue, parts, hub, speeds, readHeader } = this.#options;
    this.#settings = settings;
    const batchRows = new BatchRows(queue, rows);
    const listener: BatchListener = {
      onState: (state) => this.#tell(state),
      onEngineRestarted: (reason) => hub.emit({ type: 'engine-restarted', reason }),
      onEnd: (end) => {
        batchRows.unread.forEach(readHeader);
        void this.#end(end);
      },
    };
    const batch = new Batch({
      ...work,
      cleaning: parts.cleaning,
      rows: batchRows,
      speed: speeds.of(kindOf(work.job.settings)),
      listener,
    });
    this.#batch = batch;
    try {
      return await batch.begin();
    } catch (error) {
      this.#batch = null;
      batchRows.unread.forEach(readHeader);
      this.#tell(idleBatch);
      throw error;
    }
  }

  #take(event: JobEvent): void {
    this.#batch?.take(event);
  }

  #mustBeFree(): void {
    if (this.running) throw new AppError('batch-running');
  }

  #tell(state: BatchState): void {
    const { hub, queue } = this.#options;
    this.#state = state;
    hub.keepAwake(state.phase === 'preparing' || state.phase === 'running' || state.phase === 'stopping');
    if (this.#settings?.taskbarProgress) hub.showProgress(progressOf(state));
    // Whoever hears the end looks at the rows.
    if (state.phase === 'finished') queue.flush();
    hub.emit({ type: 'batch', batch: state });
  }

  async #end({ state, summary, job, open }: BatchEnd): Promise<void> {
    const { hub, speeds, unfinished, parts } = this.#options;
    if (summary.kind === 'failed')
      hub.emit({ type: 'failure', failure: state.endedBy ?? failureOf(summary) });
    if (this.#settings?.notifications && !state.stopped) {
      const { language } = this.#settings;
      const textIn = (locale: string) =>
        batchEndText(language === 'system' ? locale : language, state.counts, state.endedBy);
      hub.notify(textIn);
    }
    if (state.batch && open.length > 0) unfinished.leftOpen(state.batch, open);
    await speeds.remember(kindOf(job.settings), state.megapixelsDone, state.secondsSoFar);
    await unfinished.tell().catch((error: unknown) => parts.log.write(String(error)));
  }
}

/** The rows a batch takes: named ones whatever their state, of all those that are not done. */
export function rowsToClean(queue: Queue, wanted: 'all' | readonly string[]): Row[] {
  if (wanted !== 'all') return queue.pick(wanted);
  return queue.all().filter(({ state, own }) => !own && !['done', 'unchanged', 'unreadable'].includes(state));
}

function progressOf({ phase, megapixels, megapixelsDone }: BatchState): number | null {
  if (phase === 'idle' || phase === 'finished') return null;
  return megapixels > 0 ? Math.min(1, megapixelsDone / megapixels) : 0;
}
