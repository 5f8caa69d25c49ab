import { AppError } from '../../contract/errors.ts';
import type { TrainRequest } from '../../contract/engine-api.ts';
import type { TrainingOutcome, TrainingProgress } from '../../contract/train.ts';
import { publishFile } from '../../storage/publish.ts';
import type { JobEvents } from '../job-events.ts';
import { EngineLost } from '../supervision/engine-process.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import type { Snapshots } from './snapshots.ts';
import type { TrainingHistory } from './training-history.ts';
import type { TrainingRecord } from './training-record.ts';

/** How long a training may take to write down what it has learnt when it is stopped, before it is killed. */
const savingMs = 60_000;
/** Engines that are lost one after another without a checkpoint between: then something is wrong with the training. */
const mostLost = 2;

export interface TrainingLifeOptions {
  readonly jobId: string;
  readonly request: TrainRequest;
  readonly engine: EngineSupervisor;
  readonly events: JobEvents;
  readonly snapshots: Snapshots;
  /** Folder that gets a strip of the pinned pictures at each checkpoint. */
  readonly preview: string | null;
  readonly log: (line: string) => void;
}

/** A training at work: through the deaths of its engine, until it ends or is asked to. */
export class TrainingLife {
  readonly #options: TrainingLifeOptions;
  readonly #abort = new AbortController();
  #wish: 'go' | 'pause' | 'stop' = 'go';
  #record: TrainingRecord | null = null;
  /** Engines lost since the last checkpoint. */
  #lost = 0;

  constructor(options: TrainingLifeOptions) {
    this.#options = options;
  }

  /** What it was asked for last. */
  get wish(): 'go' | 'pause' | 'stop' {
    return this.#wish;
  }

  /** Null until it has begun to live. */
  get history(): TrainingHistory | null {
    return this.#record?.history ?? null;
  }

  /** Asks it to pause, or to stop and keep what it has learnt; asked to stop twice, it is ended at once. */
  end(wish: 'pause' | 'stop'): void {
    if (this.#wish === 'stop' && wish === 'pause') return;
    if (this.#wish === 'stop') void this.#options.engine.kill();
    this.#wish = wish;
    this.#abort.abort();
  }

  /** @throws AppError what the engine says, `cancelled`, `training-interrupted` */
  async live(record: TrainingRecord): Promise<TrainingOutcome> {
    const { jobId, request, engine, events } = this.#options;
    this.#record = record;
    const { signal } = this.#abort;
    let force: NodeJS.Timeout | undefined;
    const forceLater = () => (force = setTimeout(() => void engine.kill(), savingMs).unref());
    signal.addEventListener('abort', forceLater, { once: true });
    try {
      for (let { resume = false } = request; ; resume = true) {
        const outcome = await this.#attempt({ ...request, resume }).catch((error: unknown) => {
          if (!(error instanceof EngineLost)) throw error;
          return error;
        });
        if (!(outcome instanceof EngineLost)) return outcome;
        if (signal.aborted) throw new AppError('cancelled', {}, { cause: outcome });
        const { reason } = outcome.end;
        if (++this.#lost >= mostLost)
          throw new AppError('training-interrupted', { reason }, { cause: outcome });
        events.emit({ type: 'engine-restarted', jobId, reason });
        engine.forgive();
      }
    } finally {
      clearTimeout(force);
    }
  }

  async #attempt(request: TrainRequest): Promise<TrainingOutcome> {
    const { jobId, engine, events } = this.#options;
    await engine.useThreads(request.config.threads);
    this.#abort.signal.throwIfAborted();
    return engine.call('train', request, {
      signal: this.#abort.signal,
      onEvent: (event) => {
        if (event.type === 'training-begun') {
          this.#record?.begun(event.begun);
          events.emit({ type: 'training-begun', jobId, begun: event.begun });
        }
        if (event.type === 'training') this.#tell(event.progress);
      },
    });
  }

  #tell(progress: TrainingProgress): void {
    const { jobId, events, preview } = this.#options;
    if (progress.checkpoint && !progress.checkpoint.failure) this.#lost = 0;
    this.#record?.progress(progress);
    events.emit({ type: 'training', jobId, progress });
    const { snapshot } = progress;
    if (preview !== null && snapshot && !snapshot.failure) void this.#writeStrip(preview, snapshot.step);
  }

  /** The training does not wait for it, nor end with it. */
  async #writeStrip(folder: string, step: number): Promise<void> {
    const { jobId, request, snapshots, log } = this.#options;
    try {
      const bytes = await snapshots.strip(step);
      if (!bytes) return;
      const stem = `${request.target.id}-step-${String(step).padStart(6, '0')}`;
      await publishFile({ folder, stem, extension: 'png', bytes, jobId, onConflict: 'rename' });
    } catch (error) {
      log(`job ${jobId}: no strip at step ${step}: ${String(error)}`);
    }
  }
}
