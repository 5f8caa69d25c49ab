import { join } from 'node:path';
import { AppError, failureOf, isCancelled } from '../../contract/errors.ts';
import type { ModelLocation, TrainRequest } from '../../contract/engine-api.ts';
import type { JobSummary } from '../../contract/jobs.ts';
import { trainingConfig, type TrainingConfig, type TrainingOutcome } from '../../contract/train.ts';
import { writeJson } from '../../storage/durable-json.ts';
import { acquireLock, type Lock } from '../../storage/lock.ts';
import { parseArgument } from '../arguments.ts';
import type { JobEvents } from '../job-events.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { idOf } from '../models/import-model.ts';
import type { ModelLibrary } from '../models/model-library.ts';
import { EngineLost } from '../supervision/engine-process.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';

export interface TrainingJobsOptions {
  readonly appVersion: string;
  readonly store: JobStore;
  readonly library: ModelLibrary;
  readonly events: JobEvents;
  /** An engine process of its own for one training. */
  readonly newEngine: () => EngineSupervisor;
  readonly log: (line: string) => void;
}

interface ActiveTraining {
  readonly abort: AbortController;
  readonly engine: EngineSupervisor;
  ended: Promise<void>;
}

/** How long a training may take to write down what it has learnt when it is stopped, before it is killed. */
const savingMs = 60_000;

/** Trainings, each in an engine process of its own, so that pictures can be cleaned meanwhile. */
export class TrainingJobs {
  readonly #options: TrainingJobsOptions;
  readonly #active = new Map<string, ActiveTraining>();

  constructor(options: TrainingJobsOptions) {
    this.#options = options;
  }

  /**
   * Begins a training. Returns when it is certain that its result has a place.
   * @throws AppError `argument-invalid`, `model-exists`, `model-protected`, `model-not-found`, `job-busy`
   */
  async start(request: { config: TrainingConfig }): Promise<{ jobId: string }> {
    const { store, library, appVersion } = this.#options;
    const config = parseArgument('config', trainingConfig, request.config);
    const id = idOf(config.name);
    await store.prepare();
    const lock = await this.#lock(id);
    try {
      const target = await library.placeFor(id);
      const from = config.from === null ? null : locationOf(await library.find(config.from));
      const jobId = await store.begin();
      const started = new Date().toISOString();
      const folder = store.folderOf(jobId);
      await writeJson(join(folder, 'job.json'), {
        version: 1,
        kind: 'train',
        jobId,
        appVersion,
        started,
        config,
      });
      this.#begin(jobId, { config, target, from, appVersion }, lock);
      return { jobId };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Stops a training, which keeps what it has learnt; asked a second time, it is ended at once. */
  cancel(jobId: string): boolean {
    const active = this.#active.get(jobId);
    if (!active) return false;
    if (active.abort.signal.aborted) void active.engine.kill();
    active.abort.abort();
    return true;
  }

  /** Stops all trainings and waits until they have written down what they have learnt. */
  async close(): Promise<void> {
    for (const { abort } of this.#active.values()) abort.abort();
    await Promise.all([...this.#active.values()].map(({ ended }) => ended));
  }

  async #lock(id: string): Promise<Lock> {
    const attempt = await acquireLock(this.#options.store.lockFile(`train-${id}`));
    if (attempt.state === 'busy') throw new AppError('job-busy', { pid: attempt.pid });
    return attempt.lock;
  }

  #begin(jobId: string, request: TrainRequest, lock: Lock): void {
    const active: ActiveTraining = {
      abort: new AbortController(),
      engine: this.#options.newEngine(),
      ended: Promise.resolve(),
    };
    // The caller is to know the id before it hears of the job.
    // The caller is to know the id before it hears of the job.
    active.ended = new Promise((resolve) => setImmediate(resolve))
      .then(() => this.#work(jobId, request, active))
      .then((outcome) => this.#write(jobId, outcome))
      .catch((error: unknown): JobSummary => {
        const failure = failureOf(error);
        if (!isCancelled(error)) this.#options.log(`training ${jobId}: ${failure.message}`);
        return { kind: 'failed', ...failure };
      })
      .then(async (summary) => {
        this.#active.delete(jobId);
        await active.engine.close();
        await lock.release();
        // Told last: whoever hears it may begin the same again.
        this.#options.events.emit({ type: 'summary', jobId, summary });
      });
    this.#active.set(jobId, active);
  }

  async #work(
    jobId: string,
    request: TrainRequest,
    { abort, engine }: ActiveTraining,
  ): Promise<TrainingOutcome> {
    let force: NodeJS.Timeout | undefined;
    abort.signal.addEventListener(
      'abort',
      () => (force = setTimeout(() => void engine.kill(), savingMs).unref()),
      { once: true },
    );
    try {
      await engine.useThreads(request.config.threads);
      return await engine.call('train', request, {
        signal: abort.signal,
        onEvent: (event) => {
          if (event.type !== 'training') return;
          this.#options.events.emit({ type: 'training', jobId, progress: event.progress });
        },
      });
    } catch (error) {
      if (!(error instanceof EngineLost)) throw error;
      if (abort.signal.aborted) throw new AppError('cancelled', {}, { cause: error });
      throw new AppError('training-interrupted', { reason: error.end.reason }, { cause: error });
    } finally {
      clearTimeout(force);
    }
  }

  async #write(jobId: string, outcome: TrainingOutcome): Promise<JobSummary> {
    const report = { version: 1, jobId, finished: new Date().toISOString(), outcome };
    await writeJson(join(this.#options.store.folderOf(jobId), 'report.json'), report);
    return { kind: 'train', outcome };
  }
}

const locationOf = ({ id, folder }: ModelLocation): ModelLocation => ({ id, folder });
