import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { ModelLocation, TrainRequest } from '../../contract/engine-api.ts';
import type { JobSummary } from '../../contract/jobs.ts';
import { trainingConfig, type TrainingConfig, type TrainingOutcome } from '../../contract/train.ts';
import { writeJson } from '../../storage/durable-json.ts';
import type { Lock } from '../../storage/lock.ts';
import { parseArgument } from '../arguments.ts';
import type { JobEvents } from '../job-events.ts';
import { ActiveJobs, lockJob } from '../jobs/active-jobs.ts';
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
}

/** How long a training may take to write down what it has learnt when it is stopped, before it is killed. */
const savingMs = 60_000;

/** Trainings, each in an engine process of its own, so that pictures can be cleaned meanwhile. */
export class TrainingJobs {
  readonly #options: TrainingJobsOptions;
  readonly #active: ActiveJobs<ActiveTraining>;

  constructor(options: TrainingJobsOptions) {
    this.#options = options;
    this.#active = new ActiveJobs(options.events, options.log);
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
    const lock = await lockJob(store.lockFile(`train-${id}`));
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
  close(): Promise<void> {
    return this.#active.close(({ abort }) => abort.abort());
  }

  #begin(jobId: string, request: TrainRequest, lock: Lock): void {
    const active = { abort: new AbortController(), engine: this.#options.newEngine() };
    void this.#active.begin({
      jobId,
      handle: active,
      lock,
      work: async () => this.#write(jobId, await this.#work(jobId, request, active)),
      tidy: () => active.engine.close(),
    });
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
