import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import type { BackendMeasurement } from '../../contract/backend.ts';
import { cleanJob, type CleanJob, type CleanPlan, type PlannedPicture } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import type { JobSummary } from '../../contract/jobs.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { removeLeftovers } from '../../storage/leftovers.ts';
import { acquireLock, type Lock } from '../../storage/lock.ts';
import { parseArgument } from '../arguments.ts';
import type { JobEvents } from '../job-events.ts';
import { ActiveJobs, lockJob } from '../jobs/active-jobs.ts';
import { keyOf, type JobStore, type StoredCleanJob } from '../jobs/job-store.ts';
import type { Places } from '../places.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import { CleanRecord } from './clean-record.ts';
import { CleanRun } from './clean-run.ts';
import type { KnownOutputs } from './known-outputs.ts';
import { OutputFolders } from './output-folders.ts';
import { PictureSettings } from './picture-settings.ts';
import { planClean } from './plan-clean.ts';
import { makeReport, writeReport } from './report.ts';
import { RunModels } from './run-models.ts';

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

interface ActiveBatch {
  /** The run once it has begun. */
  run: CleanRun | null;
  cancelled: boolean;
  paused: boolean;
}

/** Batches: planned, started, continued, stopped. They run one after another. */
export class CleanJobs {
  readonly #options: CleanJobsOptions;
  readonly #active: ActiveJobs<ActiveBatch>;
  #last: Promise<void> = Promise.resolve();

  constructor(options: CleanJobsOptions) {
    this.#options = options;
    this.#active = new ActiveJobs(options.events, options.log);
  }

  /** What a batch would do. Nothing is written. */
  async plan(request: { job: CleanJob }): Promise<CleanPlan> {
    const job = parseArgument('job', cleanJob, request.job);
    return this.#plan(job, await this.#models(job));
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
    const lock = await lockJob(this.#options.store.lockFile(key));
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
    if (active) stop(active);
    return active !== null;
  }

  /** Begins no more pictures until `goOn`; those in work are finished. */
  pause(jobId: string): void {
    const active = this.#active.get(jobId);
    if (!active) return;
    active.paused = true;
    active.run?.pause();
  }

  goOn(jobId: string): void {
    const active = this.#active.get(jobId);
    if (!active) return;
    active.paused = false;
    active.run?.goOn();
  }

  /** Stops all batches and waits until they are written down. */
  close(): Promise<void> {
    return this.#active.close(stop);
  }

  /** Every model of a batch, by what it is asked for as; that of the settings first. */
  async #models(job: CleanJob): Promise<Map<string, ModelSummary>> {
    const models = new Map<string, ModelSummary>();
    for (const asked of new PictureSettings(job).models) {
      models.set(asked, await this.#options.model(asked, job.settings.threads));
    }
    return models;
  }

  #plan(job: CleanJob, models: ReadonlyMap<string, ModelSummary>): Promise<CleanPlan> {
    const { known, places } = this.#options;
    const settings = new PictureSettings(job);
    const modelOf = (source: string) => models.get(settings.of(source).model)?.id ?? '';
    const model = modelOf('');
    return planClean(job, {
      model,
      modelOf,
      now: new Date(),
      known,
      avoid: [places.home],
      uploads: places.uploads,
    });
  }

  async #prepare(key: string, job: CleanJob): Promise<Prepared> {
    const { store, appVersion, known } = this.#options;
    await this.#tidyUnfinished(key);
    // While another batch is at work its results come in.
    if (this.#active.size === 0) await known.shorten().catch(() => {});
    const models = await this.#models(job);
    const plan = await this.#plan(job, models);
    const jobId = await store.begin();
    const started = new Date().toISOString();
    const stored: StoredCleanJob = {
      version: 1,
      kind: 'clean',
      jobId,
      key,
      appVersion,
      started,
      model: models.get(job.settings.model)?.id ?? job.settings.model,
      job,
      plan,
    };
    await store.write(stored);
    const folders = new OutputFolders(job, jobId);
    try {
      // After the job was written down: a trial file that a crash leaves is found by it.
      await folders.open();
    } catch (error) {
      await store.discard(jobId);
      throw error;
    }
    return { stored, models, folders, resumed: false };
  }

  async #resume(key: string, job: CleanJob): Promise<Prepared> {
    const { store } = this.#options;
    // One that is finished has nothing left, unless results are gone or failures are worth another try.
    const found = (await store.findUnfinished(key)) ?? (await store.findFinished(key));
    if (!found) throw new AppError('job-not-found');
    const models = await this.#models(job);
    models.set(job.settings.model, await this.#options.model(found.model, job.settings.threads));
    const folders = new OutputFolders(job, found.jobId);
    await folders.open();
    await store.reopen(found.jobId);
    await store.setTidied(found.jobId, false);
    // How it is done may be asked for anew; what is done is as it was planned.
    return { stored: { ...found, job }, models, folders, resumed: true };
  }

  #enqueue(prepared: Prepared, lock: Lock): void {
    const { jobId } = prepared.stored;
    const active: ActiveBatch = { run: null, cancelled: false, paused: false };
    const work = () => this.#work(prepared, active);
    this.#last = this.#active.begin({ jobId, handle: active, lock, after: this.#last, work });
  }

  async #work({ stored, models, folders, resumed }: Prepared, active: ActiveBatch): Promise<JobSummary> {
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
        models: new RunModels(models, job.settings, (model, anew) => backend(model, job, anew)),
        engine,
        record,
        folders,
        intents: join(folder, 'intents.jsonl'),
        emit: (event) => events.emit(event),
      });
      active.run = run;
      if (active.cancelled) run.stop();
      if (active.paused) run.pause();
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
    const { store } = this.#options;
    const stored = await store.read(jobId);
    if (!stored) return;
    // Held as long as it takes: whoever goes on with it now writes files of the same names.
    const attempt = lockIsOurs ? null : await acquireLock(store.lockFile(stored.key));
    if (attempt?.state === 'busy') return;
    const { job, plan } = stored;
    const used = new Set(plan.pictures.map(({ folder }) => folder));
    if (job.out !== null) used.add(job.out);
    for (const folder of used) {
      await removeLeftovers(folder, jobId).catch(() => 0);
    }
    await store.setTidied(jobId, true);
    await attempt?.lock.release();
  }
}

interface Prepared {
  readonly stored: StoredCleanJob;
  readonly models: ReadonlyMap<string, ModelSummary>;
  readonly folders: OutputFolders;
  readonly resumed: boolean;
}

function stop(active: ActiveBatch): void {
  active.cancelled = true;
  active.run?.stop();
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
