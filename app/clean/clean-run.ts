import { stat } from 'node:fs/promises';
import type { CleanedPicture, CleanJob, PlannedPicture } from '../../contract/clean.ts';
import type { CleanRequest, EngineEvent } from '../../contract/engine-api.ts';
import { failureOf, type Failure } from '../../contract/errors.ts';
import type { JobEvent } from '../../contract/jobs.ts';
import { type Phrase, phrase } from '../../contract/texts/fill-in.ts';
import { removeUnrecorded } from '../../storage/intents.ts';
import { removeLeftovers } from '../../storage/leftovers.ts';
import { EngineLost, type EngineEnd } from '../supervision/engine-process.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import type { CleanRecord } from './clean-record.ts';
import { afterCrash, afterMemoryShortage, firstTry, isFailure, noticesOf, type Try } from './next-try.ts';
import type { OutputFolders } from './output-folders.ts';
import { PictureSettings } from './picture-settings.ts';
import type { ChosenModel, RunModels } from './run-models.ts';

export interface CleanRunOptions {
  readonly jobId: string;
  readonly job: CleanJob;
  readonly pictures: readonly PlannedPicture[];
  /** An earlier run of this batch was ended from outside, perhaps in the middle of a file. */
  readonly resumed: boolean;
  readonly models: RunModels;
  readonly engine: EngineSupervisor;
  readonly record: CleanRecord;
  readonly folders: OutputFolders;
  /** Journal of what is about to be published. */
  readonly intents: string;
  readonly emit: (event: JobEvent) => void;
}

/** Pictures in the engine at a time: one in the network, one being read, one being written. */
const inFlightAtMost = 3;
/** How long pictures in work may take to give up when the batch is stopped. */
const graceMs = 700;

/** Failures that the next picture would meet as well. */
const endsBatch: ReadonlySet<Failure['code']> = new Set(['disk-full', 'engine-unavailable']);

type Outcome =
  | { readonly is: 'done'; readonly picture: CleanedPicture }
  | { readonly is: 'kept'; readonly path: string }
  | { readonly is: 'failed'; readonly failure: Failure }
  /** `alone`: no other picture was in the engine. */
  | { readonly is: 'lost'; readonly end: EngineEnd; readonly alone: boolean }
  | { readonly is: 'dropped' };

/**
 * One run of a batch: pictures go to the engine in the order of the plan, a few at a time. When the engine ends,
 * those it had are tried again one by one, so that the one at fault is found and the others are not blamed.
 */
export class CleanRun {
  readonly #options: CleanRunOptions;
  readonly #waiting: Try[];
  /** To be tried alone. */
  readonly #again: Try[] = [];
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();
  readonly #started = new Set<string>();
  readonly #settings: PictureSettings;
  /** Settles when the pause is over; null while there is none. */
  #pause: { readonly over: Promise<void>; readonly end: () => void } | null = null;
  #lastEnd: EngineEnd | null = null;
  /** The engine ended on pictures: there may be files that nobody wrote down. */
  #untidy: boolean;
  #endedBy: Failure | null = null;
  #stopped = false;

  constructor(options: CleanRunOptions) {
    this.#options = options;
    this.#waiting = options.pictures.map(firstTry);
    this.#settings = new PictureSettings(options.job);
    this.#untidy = options.resumed;
  }

  /** Stopped by a person. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** What ended it before all pictures were tried. */
  get endedBy(): Failure | null {
    return this.#endedBy;
  }

  /** Drops what is in work and begins nothing more; `run` returns soon after. */
  stop(): void {
    this.#stopped = true;
    this.#drop();
    this.goOn();
  }

  /** Begins nothing more; what is in work is finished. */
  pause(): void {
    if (this.#pause || this.#ending) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#pause = { over, end };
  }

  /** Goes on after a pause. */
  goOn(): void {
    this.#pause?.end();
    this.#pause = null;
  }

  /** Works through all pictures. @throws AppError when there is no backend to work with */
  async run(): Promise<void> {
    if (this.#untidy) await this.#tidy();
    // Without a backend there is nothing to try pictures with.
    if (this.#waiting.length > 0 && !this.#ending) {
      await this.#options.models.for(this.#options.job.settings.model);
    }
    while (!this.#ending) {
      if (this.#pause) await this.#rest(this.#pause.over);
      else if (this.#again.length > 0) await this.#tryAgain();
      else if (this.#waiting.length > 0 && this.#inFlight.size < inFlightAtMost)
        this.#begin(this.#waiting.shift());
      else if (this.#inFlight.size > 0) await Promise.race(this.#inFlight.values());
      else break;
    }
    await Promise.all(this.#inFlight.values());
    // An engine of the earlier run may have lived on for a moment after this one first looked.
    if (this.#untidy || this.#options.resumed) await this.#tidy();
  }

  /** What is in work is finished; what follows until the pause is over is no time of work. */
  async #rest(over: Promise<void>): Promise<void> {
    await Promise.race([over, Promise.all(this.#inFlight.values())]);
    const began = performance.now();
    await over;
    this.#options.record.rest((performance.now() - began) / 1000);
  }

  get #ending(): boolean {
    return this.#stopped || this.#endedBy !== null;
  }

  async #tryAgain(): Promise<void> {
    await Promise.all(this.#inFlight.values());
    if (this.#untidy) await this.#tidy();
    if (this.#ending || this.#pause) return;
    this.#begin(this.#again.shift());
    await Promise.all(this.#inFlight.values());
  }

  #begin(tried: Try | undefined): void {
    if (!tried) return;
    const { source } = tried.picture;
    const work = this.#attempt(tried)
      .then((outcome) => this.#settle(tried, outcome))
      // The journal could not be written: nothing more can be promised.
      .catch((error: unknown) => this.#end(failureOf(error)))
      .finally(() => this.#inFlight.delete(source));
    this.#inFlight.set(source, work);
  }

  async #attempt(tried: Try): Promise<Outcome> {
    const { signal } = this.#abort;
    const { source, folder } = tried.picture;
    try {
      await this.#options.folders.prepare(folder);
      const chosen = await this.#options.models.for(this.#settings.of(source).model);
      const answer = await this.#options.engine.call('cleanImage', this.#requestFor(tried, chosen), {
        signal,
        onEvent: (event) => this.#pass(source, event),
      });
      return 'kept' in answer ? { is: 'kept', path: answer.kept } : { is: 'done', picture: answer };
    } catch (error) {
      if (error instanceof EngineLost) {
        this.#untidy = true;
        return signal.aborted ? { is: 'dropped' } : this.#lost(error.end);
      }
      // Whatever breaks while things are being dropped stays to be tried.
      if (signal.aborted) return { is: 'dropped' };
      const failure = failureOf(error);
      // An engine that was told by somebody else to end gives up what it has.
      return failure.code === 'cancelled'
        ? this.#lost(endedByOthers(phrase('end-stopped')))
        : { is: 'failed', failure };
    }
  }

  #lost(end: EngineEnd): Outcome {
    return { is: 'lost', end, alone: this.#inFlight.size === 1 };
  }

  #requestFor({ picture, tileLimit }: Try, { model, runtime }: ChosenModel): CleanRequest {
    const { jobId, intents } = this.#options;
    const settings = this.#settings.of(picture.source);
    return {
      source: picture.source,
      expected: { bytes: picture.bytes, modifiedMs: picture.modifiedMs },
      outputFolder: picture.folder,
      stem: picture.stem,
      jobId,
      intents,
      settings,
      model,
      runtime,
      memory: settings.memory,
      tileLimit,
    };
  }

  #pass(source: string, event: EngineEvent): void {
    const { jobId } = this.#options;
    if (event.type === 'opened')
      this.#tellStarted(source, (event.summary.width * event.summary.height) / 1e6);
    if (event.type !== 'progress') return;
    this.#tellStarted(source, null);
    this.#options.emit({ type: 'progress', jobId, source, fraction: event.fraction });
  }

  /** Every picture that is done or failed was started, once. */
  #tellStarted(source: string, megapixels: number | null): void {
    if (this.#started.has(source)) return;
    this.#started.add(source);
    this.#options.emit({ type: 'started', jobId: this.#options.jobId, source, megapixels });
  }

  async #settle(tried: Try, outcome: Outcome): Promise<void> {
    const { record, jobId, emit } = this.#options;
    const { source } = tried.picture;
    switch (outcome.is) {
      case 'dropped':
        return;
      case 'lost':
        return this.#settleLost(tried, outcome.end, outcome.alone);
      case 'failed':
        return this.#settleFailed(tried, outcome.failure);
      case 'kept': {
        const details = { file: outcome.path, output: outcome.path };
        const skipped = { source, code: 'output-kept' as const, details };
        await record.addSkipped(skipped);
        return emit({ type: 'skipped', jobId, skipped });
      }
      case 'done': {
        const picture = { ...outcome.picture, notices: [...outcome.picture.notices, ...noticesOf(tried)] };
        await record.addDone(picture);
        this.#tellStarted(source, picture.megapixels);
        return emit({ type: 'done', jobId, picture });
      }
    }
  }

  async #settleLost(tried: Try, end: EngineEnd, alone: boolean): Promise<void> {
    if (this.#ending) return;
    // All pictures in flight are lost together; it is told once.
    if (end !== this.#lastEnd) {
      this.#options.emit({ type: 'engine-restarted', jobId: this.#options.jobId, reason: end.reason });
    }
    this.#lastEnd = end;
    await this.#goOn(afterCrash(tried, end, alone), tried);
  }

  async #settleFailed(tried: Try, failure: Failure): Promise<void> {
    if (failure.code === 'out-of-memory') return this.#goOn(afterMemoryShortage(tried, failure), tried);
    if (failure.code === 'input-changed' && !tried.lookedAgain) return this.#lookAgain(tried, failure);
    if (failure.code === 'backend-unavailable' && this.#options.job.settings.backend === 'auto') {
      return this.#withAnotherBackend(tried, failure);
    }
    return this.#fail(tried, failure);
  }

  async #goOn(next: Try | Failure, tried: Try): Promise<void> {
    if (isFailure(next)) return this.#fail(tried, next);
    this.#again.push(next);
  }

  async #lookAgain(tried: Try, failure: Failure): Promise<void> {
    const { picture } = tried;
    const found = await stat(picture.source).catch(() => null);
    if (!found) return this.#fail(tried, failure);
    const now = { ...picture, bytes: found.size, modifiedMs: found.mtimeMs };
    this.#again.push({ ...tried, picture: now, lookedAgain: true });
  }

  async #withAnotherBackend(tried: Try, failure: Failure): Promise<void> {
    const { model } = this.#settings.of(tried.picture.source);
    if (!(await this.#options.models.another(model))) return this.#fail(tried, failure);
    this.#again.push(tried);
  }

  async #fail(tried: Try, failure: Failure): Promise<void> {
    const { record, jobId, emit, folders } = this.#options;
    const { source } = tried.picture;
    const noFolder = failure.code === 'output-folder-unusable' && (await folders.isLost());
    if (endsBatch.has(failure.code) || noFolder) {
      // Told by a second picture, the same helps nobody: that one stays to be tried.
      if (this.#ending) return;
      this.#end(failure);
    }
    await record.addFailed({ source, ...failure });
    this.#tellStarted(source, null);
    emit({ type: 'failed', jobId, source, ...failure });
  }

  #end(failure: Failure): void {
    this.#endedBy ??= failure;
    this.#drop();
  }

  #drop(): void {
    this.#abort.abort();
    if (this.#inFlight.size === 0) return;
    const force = setTimeout(() => void this.#options.engine.kill(), graceMs);
    void Promise.all(this.#inFlight.values()).finally(() => clearTimeout(force));
  }

  /** Takes away what an engine that ended, or an earlier run that was killed, left behind. */
  async #tidy(): Promise<void> {
    this.#untidy = false;
    const { folders, jobId, intents, record, job, pictures } = this.#options;
    const planned = new Set([...pictures.map(({ folder }) => folder), ...folders.used]);
    for (const folder of planned) await removeLeftovers(folder, jobId);
    // A result that will be replaced anyway need not be taken away first.
    if (job.settings.onConflict !== 'overwrite') await removeUnrecorded(intents, record.outputs);
  }
}

const endedByOthers = (reason: Phrase): EngineEnd => ({
  kind: 'crashed',
  outOfMemory: false,
  reason,
  seconds: 0,
});
