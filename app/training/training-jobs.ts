import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, failureOf, isCancelled } from '../../contract/errors.ts';
import type { ModelLocation, PinnedFile, SurveyRequest, TrainRequest } from '../../contract/engine-api.ts';
import type { JobSummary } from '../../contract/jobs.ts';
import type { RecipeName } from '../../contract/recipes.ts';
import { trainingConfig, type TrainingConfig, type TrainingSurvey } from '../../contract/train.ts';
import { writeJson } from '../../storage/durable-json.ts';
import { acquireLock, lockHolder, type Lock } from '../../storage/lock.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import { writeError } from '../../storage/write-error.ts';
import { parseArgument } from '../arguments.ts';
import type { JobEvents } from '../job-events.ts';
import { ActiveJobs } from '../jobs/active-jobs.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { idOf } from '../models/import-model.ts';
import type { ModelLibrary } from '../models/model-library.ts';
import type { CallOptions } from '../supervision/engine-process.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import { Snapshots } from './snapshots.ts';
import {
  keyOfTraining,
  readReport,
  readTraining,
  type StoredTraining,
  type TrainingReport,
} from './stored-training.ts';
import { readHistory, type TrainingHistory } from './training-history.ts';
import { TrainingLife } from './training-life.ts';
import { TrainingRecord } from './training-record.ts';

export interface TrainingJobsOptions {
  readonly appVersion: string;
  readonly store: JobStore;
  readonly library: ModelLibrary;
  readonly events: JobEvents;
  /** An engine process of its own, by what it is for. */
  readonly newEngine: (name: string) => EngineSupervisor;
  readonly log: (line: string) => void;
}

export interface StartTraining {
  readonly config: TrainingConfig;
  readonly resume?: boolean;
  readonly pinned?: readonly PinnedFile[];
  readonly recipe?: RecipeName | null;
  readonly preview?: string | null;
}

/** Finished trainings whose checkpoints are kept: to be made longer, or for another of their checkpoints. */
const keptWhole = 3;

/** What is in a training's folder. */
const placesIn = (folder: string) => ({
  checkpoints: join(folder, 'checkpoints'),
  snapshots: join(folder, 'snapshots'),
  journal: join(folder, 'training.jsonl'),
  report: join(folder, 'report.json'),
});

/**
 * Trainings, one at a time on this machine, each in an engine process of its own, so that pictures can be cleaned
 * meanwhile. What was learnt is in checkpoints: a training that was paused or killed, with or without the app, is gone on
 * with under its id.
 */
export class TrainingJobs {
  readonly #options: TrainingJobsOptions;
  readonly #active: ActiveJobs<TrainingLife>;

  constructor(options: TrainingJobsOptions) {
    this.#options = options;
    this.#active = new ActiveJobs(options.events, options.log);
  }

  /**
   * Begins a training, or goes on with the last one of the same choices. Returns when it is certain that its result has
   * a place.
   * @throws AppError `argument-invalid`, `model-exists`, `model-protected`, `model-not-found`, `training-running`,
   * `no-unfinished-training`, `output-folder-unusable`
   */
  async start({ resume = false, pinned = [], recipe = null, preview = null, ...request }: StartTraining) {
    const { store, library, appVersion } = this.#options;
    const config = parseArgument('config', trainingConfig, request.config);
    if (preview !== null) await makeUsable(preview);
    const lock = await this.#lock();
    try {
      const earlier = resume ? await this.#earlier(config) : null;
      if (earlier) return await this.#goOn({ ...earlier, config }, preview, lock);
      if (resume) throw new AppError('no-unfinished-training');
      const id = idOf(config.name);
      const target = await library.placeFor(id);
      const from = config.from === null ? null : await library.find(config.from);
      const stored: StoredTraining = {
        version: 1,
        kind: 'train',
        jobId: await store.begin(),
        key: keyOfTraining(config),
        appVersion,
        started: new Date().toISOString(),
        config,
        pinned: [...pinned],
        recipe,
      };
      await store.write(stored);
      return await this.#begin(stored, this.#requestFor(stored, target, from, false), preview, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** @throws AppError `training-not-found`, `training-running` */
  async continue(jobId: string): Promise<{ jobId: string }> {
    const lock = await this.#lock();
    try {
      return await this.#goOn(await this.find(jobId), null, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Stops a training, which keeps what it has learnt; asked a second time, it is ended at once. */
  cancel(jobId: string): boolean {
    return this.#wish(jobId, 'stop');
  }

  /** Writes a checkpoint and ends the process. */
  pause(jobId: string): boolean {
    return this.#wish(jobId, 'pause');
  }

  isActive(jobId: string): boolean {
    return this.#active.has(jobId);
  }

  /** Pauses what is at work and waits until it is written down. */
  close(): Promise<void> {
    return this.#active.close((life) => life.end('pause'));
  }

  /** What was asked for. @throws AppError `training-not-found` */
  async find(jobId: string): Promise<StoredTraining> {
    const stored = (await this.#options.store.has(jobId))
      ? await readTraining(this.#options.store, jobId)
      : null;
    if (!stored) throw new AppError('training-not-found');
    return stored;
  }

  async history(jobId: string): Promise<TrainingHistory> {
    return this.liveHistory(jobId) ?? (await readHistory(this.places(jobId).journal));
  }

  /** Of a training that is at work; null for others, and while what was written down of it before is being read. */
  liveHistory(jobId: string): TrainingHistory | null {
    return this.#active.get(jobId)?.history ?? null;
  }

  /** Trainings that have ended, the newest first, each with what came of it. */
  async finished(): Promise<{ stored: StoredTraining; report: TrainingReport }[]> {
    const { store } = this.#options;
    const open = new Set(await store.unfinished());
    const found: { stored: StoredTraining; report: TrainingReport }[] = [];
    for (const jobId of (await store.all()).reverse()) {
      const stored = open.has(jobId) ? null : await readTraining(store, jobId);
      const report = stored && (await readReport(this.places(jobId).report));
      if (stored && report) found.push({ stored, report });
    }
    return found;
  }

  /** Ends one that is paused: what it has learnt is its model. @throws AppError `training-not-found`, `training-running` */
  async conclude(jobId: string): Promise<void> {
    const stored = await this.find(jobId);
    await this.#whileAtRest(jobId, async () => {
      await this.#apply(stored, await this.snapshots(jobId).kept()).catch(() => {});
      const { step: steps } = await this.history(jobId);
      await this.#report(jobId, { steps, stopped: true, endedBy: null, leftOut: [] });
      await this.#options.store.finish(jobId);
    });
  }

  snapshots(jobId: string): Snapshots {
    return new Snapshots(this.places(jobId).snapshots);
  }

  places(jobId: string): ReturnType<typeof placesIn> {
    return placesIn(this.#options.store.folderOf(jobId));
  }

  /** Trainings that are not finished, the newest first; somebody may be at work on one of them. */
  async open(): Promise<StoredTraining[]> {
    const found: StoredTraining[] = [];
    for (const jobId of (await this.#options.store.unfinished()).reverse()) {
      const stored = await readTraining(this.#options.store, jobId);
      if (stored) found.push(stored);
    }
    return found;
  }

  /** Those of them that nobody is at work on, here or in another program. */
  async unfinished(): Promise<StoredTraining[]> {
    const found: StoredTraining[] = [];
    for (const stored of await this.open()) if (!(await this.#isAtWork(stored.jobId))) found.push(stored);
    return found;
  }

  /**
   * It is not to be gone on with: its checkpoints are removed. A model that it has made stays.
   * @throws AppError `training-not-found`, `training-running`
   */
  async forget(jobId: string): Promise<void> {
    await this.find(jobId);
    await this.#whileAtRest(jobId, async () => {
      await this.#options.store.forget(jobId);
      const { checkpoints, snapshots } = this.places(jobId);
      for (const place of [checkpoints, snapshots]) await rm(place, { recursive: true, force: true });
    });
  }

  /** This checkpoint is to be the model, of one that has ended at once; null: the best again. */
  async keep(jobId: string, step: number | null): Promise<void> {
    const stored = await this.find(jobId);
    await this.snapshots(jobId).keep(step);
    // Whoever is at work on it heeds that at its end.
    if (!(await this.#isAtWork(jobId))) await this.#apply(stored, step ?? (await this.#bestStep(jobId)));
  }

  /** Looks at pictures in a process of its own: that of cleaning has no time for it. */
  async survey(request: SurveyRequest, options: CallOptions = {}): Promise<TrainingSurvey> {
    const engine = this.#options.newEngine('survey engine');
    try {
      return await engine.call('surveyTraining', request, options);
    } finally {
      await engine.close();
    }
  }

  #wish(jobId: string, wish: 'pause' | 'stop'): boolean {
    this.#active.get(jobId)?.end(wish);
    return this.#active.has(jobId);
  }

  async #lock(): Promise<Lock> {
    const { store } = this.#options;
    await store.prepare();
    const attempt = await acquireLock(store.lockFile('training'));
    if (attempt.state === 'busy') throw new AppError('training-running');
    return attempt.lock;
  }

  /** Held by whoever is at work on this training: another program may be. @throws AppError `training-running` */
  async #lockOf(jobId: string): Promise<Lock> {
    const attempt = await acquireLock(this.#options.store.lockFile(jobId));
    if (attempt.state === 'busy') throw new AppError('training-running');
    return attempt.lock;
  }

  async #isAtWork(jobId: string): Promise<boolean> {
    return this.#active.has(jobId) || (await lockHolder(this.#options.store.lockFile(jobId))) !== null;
  }

  async #whileAtRest(jobId: string, work: () => Promise<void>): Promise<void> {
    const lock = await this.#lockOf(jobId);
    try {
      await work();
    } finally {
      await lock.release();
    }
  }

  /** The last one with the same choices: an unfinished one, or else one that may be made longer. */
  async #earlier(config: TrainingConfig): Promise<StoredTraining | null> {
    const { store } = this.#options;
    const key = keyOfTraining(config);
    const open = new Set(await store.unfinished(key));
    const all = (await store.all()).reverse();
    for (const jobId of [...all.filter((id) => open.has(id)), ...all.filter((id) => !open.has(id))]) {
      const stored = await readTraining(store, jobId);
      if (stored?.key === key && (await this.#hasCheckpoints(jobId))) return stored;
    }
    return null;
  }

  async #hasCheckpoints(jobId: string): Promise<boolean> {
    const names = await readdir(this.places(jobId).checkpoints).catch(() => []);
    return names.some((name) => !name.startsWith('.'));
  }

  async #goOn(stored: StoredTraining, preview: string | null, lock: Lock): Promise<{ jobId: string }> {
    const { store, library } = this.#options;
    const { config, jobId } = stored;
    const target = await library.ownPlace(idOf(config.name));
    const from = config.from === null ? null : await library.find(config.from);
    await store.reopen(jobId);
    return this.#begin(stored, this.#requestFor(stored, target, from, true), preview, lock);
  }

  #requestFor(
    { jobId, config, pinned, appVersion }: StoredTraining,
    target: ModelLocation,
    from: ModelLocation | null,
    resume: boolean,
  ): TrainRequest {
    const { checkpoints, snapshots } = this.places(jobId);
    return {
      config,
      target: locationOf(target),
      from: from && locationOf(from),
      appVersion,
      pinned,
      checkpoints,
      snapshots,
      resume,
    };
  }

  async #begin(
    stored: StoredTraining,
    request: TrainRequest,
    preview: string | null,
    ofMachine: Lock,
  ): Promise<{ jobId: string }> {
    const { events, newEngine, log } = this.#options;
    const { jobId } = stored;
    const own = await this.#lockOf(jobId);
    const lock: Lock = { release: () => own.release().then(() => ofMachine.release()) };
    const engine = newEngine('training engine');
    const snapshots = this.snapshots(jobId);
    const life = new TrainingLife({ jobId, request, engine, events, snapshots, preview, log });
    void this.#active.begin({
      jobId,
      handle: life,
      lock,
      work: () => this.#work(stored, life),
      tidy: () => engine.close(),
    });
    return { jobId };
  }

  async #work(stored: StoredTraining, life: TrainingLife): Promise<JobSummary> {
    const { store } = this.#options;
    const { jobId } = stored;
    const { journal } = this.places(jobId);
    const record = await TrainingRecord.open(journal);
    try {
      const outcome = await life.live(record);
      if (life.wish === 'pause') return { kind: 'paused', step: record.history.step };
      const kept = await this.snapshots(jobId).kept();
      if (kept !== null) await this.#apply(stored, kept).catch(() => {});
      await this.#report(jobId, outcome);
      await store.finish(jobId);
      await this.#prune();
      return { kind: 'train', outcome };
    } catch (error) {
      const resumable = await this.#hasCheckpoints(jobId);
      if (life.wish === 'pause' && isCancelled(error) && resumable) {
        return { kind: 'paused', step: record.history.step };
      }
      // What would only fail again, or has nothing to go on from, is not offered.
      const hopeless = error instanceof AppError && error.code === 'training-diverged';
      if (hopeless || !resumable) await this.#giveUp(jobId, error);
      throw error;
    } finally {
      await record.close();
    }
  }

  /** It is not offered to be gone on with, and what ended it is kept. */
  async #giveUp(jobId: string, error: unknown): Promise<void> {
    const { step: steps } = await this.history(jobId);
    const outcome = { steps, stopped: false, endedBy: failureOf(error), leftOut: [] };
    await this.#report(jobId, outcome).catch(() => {});
    await this.#options.store.forget(jobId);
  }

  #report(jobId: string, { steps, stopped, endedBy, leftOut }: TrainingReport['outcome']): Promise<void> {
    const outcome = { steps, stopped, endedBy, leftOut };
    const report: TrainingReport = { version: 1, jobId, finished: new Date().toISOString(), outcome };
    return writeJson(this.places(jobId).report, report);
  }

  async #apply({ jobId, config }: StoredTraining, step: number | null): Promise<void> {
    if (step === null) return;
    const { folder } = await this.#options.library.ownPlace(idOf(config.name));
    await this.snapshots(jobId).becomeModel(step, folder);
  }

  async #bestStep(jobId: string): Promise<number | null> {
    const { validations } = await this.history(jobId);
    return validations.findLast(({ best }) => best)?.step ?? null;
  }

  /** Lets checkpoints and weights of older finished trainings go; their pictures and curves stay. */
  async #prune(): Promise<void> {
    const { store } = this.#options;
    const open = new Set(await store.unfinished());
    const finished: string[] = [];
    for (const jobId of await store.all()) {
      if (!open.has(jobId) && (await readTraining(store, jobId))) finished.push(jobId);
    }
    for (const jobId of finished.slice(0, -keptWhole)) {
      const { checkpoints, snapshots } = this.places(jobId);
      await rm(checkpoints, { recursive: true, force: true }).catch(() => {});
      for (const name of await readdir(snapshots).catch(() => [])) {
        await rm(join(snapshots, name, 'weights.bin'), { force: true }).catch(() => {});
      }
    }
    await store.prune();
  }
}

/** @throws AppError `output-folder-unusable`, `permission-denied` */
async function makeUsable(folder: string): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw writeError(error, join(folder, 'strip'));
  });
}

const locationOf = ({ id, folder }: ModelLocation): ModelLocation => ({ id, folder });
