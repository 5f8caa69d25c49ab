import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import type { BackendMeasurement } from '../../contract/backend.ts';
import { cleanJob, type CleanJob, type CleanPlan, type PlannedPicture } from '../../contract/clean.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { JobSummary } from '../../contract/jobs.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { removeLeftovers } from '../../storage/leftovers.ts';
import { acquireLock, type Lock } from '../../storage/lock.ts';
import { parseArgument } from '../arguments.ts';
import type { JobEvents } from '../job-events.ts';
import { keyOf, type JobStore, type StoredCleanJob } from '../jobs/job-store.ts';
import type { Places } from '../places.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import { CleanRecord } from './clean-record.ts';
import { CleanRun } from './clean-run.ts';
import type { KnownOutputs } from './known-outputs.ts';
import { OutputFolders } from './output-folders.ts';
import { planClean } from './plan-clean.ts';
import { makeReport, writeReport } from './report.ts';

export interface CleanJobsOptions {
  readonly places: Places;
  readonly appVersion: string;
  readonly store: JobStore;
  readonly known: KnownOutputs;
  readonly events: JobEvents;
  readonly engine: EngineSupervisor;
  /** The model of an id, or that which `default` stands for. */
  readonly model: (id: string, threads: number) => Promise<ModelSummary>;
  readonly backend: (model: ModelSummary, job: CleanJob, anew: boolean) => Promise<BackendMeasurement>;
  readonly log: (line: string) => void;
}

interface ActiveJob {
  /** The run once it has begun. */
  run: CleanRun | null;
  cancelled: boolean;
  /** Settles when everything is written down and told. */
  ended: Promise<void>;
}

/** Batches: planned, started, continued, stopped. They run one after another. */
export class CleanJobs {
  readonly #options: CleanJobsOptions;
  readonly #active = new Map<string, ActiveJob>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: CleanJobsOptions) {
    this.#options = options;
  }

  /** What a batch would do. Nothing is written. */
  async plan(request: { job: CleanJob }): Promise<CleanPlan> {
    const job = parseArgument('job', cleanJob, request.job);
    const model = await this.#options.model(job.settings.model, job.settings.threads);
    return this.#plan(job, model);
  }

  /**
   * Begins a batch, or goes on with the last unfinished one of the same arguments. Returns when it is certain
   * that it can begin.
   * @throws AppError what is wrong with the request, `job-busy`, `job-not-found`, `output-folder-unusable`
   */
  async start(request: { job: CleanJob; resume: boolean }): Promise<{ jobId: string }> {
    const job = parseArgument('job', cleanJob, request.job);
    const key = keyOf(job);
    await this.#options.store.prepare();
    const lock = await this.#lock(key);
    try {
      const prepared = request.resume ? await this.#resume(key, job) : await this.#prepare(key, job);
      this.#enqueue(prepared, lock);
      return { jobId: prepared.stored.jobId };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Stops a batch; one that has ended, or never was, is left as it is. */
  cancel(jobId: string): boolean {
    const active = this.#active.get(jobId);
    if (!active) return false;
    active.cancelled = true;
    active.run?.stop();
    return true;
  }

  /** Stops all batches and waits until they are written down. */
  async close(): Promise<void> {
    for (const jobId of this.#active.keys()) this.cancel(jobId);
    await Promise.all([...this.#active.values()].map(({ ended }) => ended));
  }

  #plan(job: CleanJob, model: ModelSummary): Promise<CleanPlan> {
    const { known, places } = this.#options;
    return planClean(job, { model: model.id, now: new Date(), known, avoid: [places.home] });
  }

  async #lock(key: string): Promise<Lock> {
    const attempt = await acquireLock(this.#options.store.lockFile(key));
    if (attempt.state === 'busy') throw new AppError('job-busy', { pid: attempt.pid });
    return attempt.lock;
  }

  async #prepare(key: string, job: CleanJob): Promise<Prepared> {
    const { store, appVersion, known } = this.#options;
    await this.#tidyUnfinished(key);
    // While another batch is at work its results come in.
    if (this.#active.size === 0) await known.shorten().catch(() => {});
    const model = await this.#options.model(job.settings.model, job.settings.threads);
    const plan = await this.#plan(job, model);
    const jobId = await store.begin();
    const started = new Date().toISOString();
    const stored: StoredCleanJob = {
      version: 1,
      kind: 'clean',
      jobId,
      key,
      appVersion,
      started,
      model: model.id,
      job,
      plan,
    };
    await store.write(stored);
    const folders = new OutputFolders(job.out, jobId);
    try {
      // After the job was written down: a trial file that a crash leaves is found by it.
      await folders.open();
    } catch (error) {
      await store.discard(jobId);
      throw error;
    }
    return { stored, model, folders, resumed: false };
  }

  async #resume(key: string, job: CleanJob): Promise<Prepared> {
    const { store } = this.#options;
    const found = await store.findUnfinished(key);
    if (!found) throw new AppError('job-not-found');
    const model = await this.#options.model(found.model, job.settings.threads);
    const folders = new OutputFolders(job.out, found.jobId);
    await folders.open();
    await store.setTidied(found.jobId, false);
    // How it is done may be asked for anew; what is done is as it was planned.
    return { stored: { ...found, job }, model, folders, resumed: true };
  }

  #enqueue(prepared: Prepared, lock: Lock): void {
    const { jobId } = prepared.stored;
    const active: ActiveJob = { run: null, cancelled: false, ended: Promise.resolve() };
    const before = this.#last;
    active.ended = before
      // The caller is to know the id before it hears of the job.
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => this.#work(prepared, active))
      .catch((error: unknown): JobSummary => {
        const failure = failureOf(error);
        this.#options.log(`job ${jobId}: ${failure.message}`);
        return { kind: 'failed', ...failure };
      })
      .then(async (summary) => {
        this.#active.delete(jobId);
        await lock.release();
        // Told last: whoever hears it may begin the same again.
        this.#options.events.emit({ type: 'summary', jobId, summary });
      });
    this.#active.set(jobId, active);
    this.#last = active.ended;
  }

  async #work({ stored, model, folders, resumed }: Prepared, active: ActiveJob): Promise<JobSummary> {
    const { store, known, engine, events, backend } = this.#options;
    const { jobId, job, plan } = stored;
    const folder = store.folderOf(jobId);
    const record = await CleanRecord.open(folder, known);
    try {
      this.#tellPlan(stored, record);
      const run = new CleanRun({
        jobId,
        job,
        pictures: await freshened(record.open(plan.pictures), resumed),
        resumed,
        model,
        engine,
        chooseBackend: (anew) => backend(model, job, anew),
        record,
        folders,
        intents: join(folder, 'intents.jsonl'),
        emit: (event) => events.emit(event),
      });
      active.run = run;
      if (active.cancelled) run.stop();
      engine.forgive();
      await engine.useThreads(job.settings.threads);
      await run.run();
      const report = makeReport(stored, record, run);
      const reportFile = await writeReport(folder, report);
      if (report.pending === 0 && !report.endedBy) await store.finish(jobId);
      return { kind: 'clean', report, reportFile };
    } finally {
      await record.close();
      await known.close();
    }
  }

  #tellPlan({ jobId, plan }: StoredCleanJob, record: CleanRecord): void {
    const { events } = this.#options;
    events.emit({ type: 'planned', jobId, plan });
    for (const { source, output } of record.done) {
      events.emit({
        type: 'skipped',
        jobId,
        skipped: { source, code: 'already-done', details: { file: source, output } },
      });
    }
  }

  /** Removes what dead runs left in output folders; a batch that begins anew takes the place of older ones. */
  async #tidyUnfinished(key: string): Promise<void> {
    const { store } = this.#options;
    const same = new Set(await store.unfinished(key));
    for (const jobId of await store.unfinished()) {
      if (this.#active.has(jobId)) continue;
      if (!(await store.isTidied(jobId))) await this.#tidyDead(jobId, same.has(jobId));
      if (same.has(jobId)) await store.finish(jobId);
    }
    await store.prune();
  }

  /** Temporary files only: a finished picture that was not noted is a result like any other. */
  async #tidyDead(jobId: string, lockIsOurs: boolean): Promise<void> {
    const stored = await this.#options.store.read(jobId);
    if (!stored || !(lockIsOurs || (await this.#isDead(stored.key)))) return;
    const { job, plan } = stored;
    const used = new Set(plan.pictures.map(({ folder }) => folder));
    if (job.out !== null) used.add(job.out);
    for (const folder of used) {
      await removeLeftovers(folder, jobId).catch(() => 0);
    }
    await this.#options.store.setTidied(jobId, true);
  }

  async #isDead(key: string): Promise<boolean> {
    const attempt = await acquireLock(this.#options.store.lockFile(key));
    if (attempt.state === 'busy') return false;
    await attempt.lock.release();
    return true;
  }
}

interface Prepared {
  readonly stored: StoredCleanJob;
  readonly model: ModelSummary;
  readonly folders: OutputFolders;
  readonly resumed: boolean;
}

/** A picture may have been repaired or finished since it was planned: it is taken as it is now. */
async function freshened(pictures: readonly PlannedPicture[], resumed: boolean): Promise<PlannedPicture[]> {
  if (!resumed) return [...pictures];
  const fresh: PlannedPicture[] = [];
  for (const picture of pictures) {
    const found = await stat(picture.source).catch(() => null);
    fresh.push(found ? { ...picture, bytes: found.size, modifiedMs: found.mtimeMs } : picture);
  }
  return fresh;
}
