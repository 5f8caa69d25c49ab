import type { BatchState } from '../../contract/batch.ts';
import type { CleanedPicture, CleanJob } from '../../contract/clean.ts';
import { AppError, failureOf, type Failure } from '../../contract/errors.ts';
import type { JobEvent, JobSummary } from '../../contract/jobs.ts';
import type { Phrase } from '../../contract/texts/fill-in.ts';
import type { CleanJobs } from '../clean/clean-jobs.ts';
import { BatchClock } from './batch-clock.ts';
import type { BatchRows } from './batch-rows.ts';
import { TimeLeft } from './time-left.ts';
import { WorkMeter } from './work-meter.ts';

/** What a batch tells of itself to those around it. */
export interface BatchListener {
  onState(state: BatchState): void;
  onEngineRestarted(reason: Phrase): void;
  /** It is over; `summary` is null when it could not begin. */
  onEnd(end: BatchEnd): void;
}

export interface BatchEnd {
  readonly state: BatchState;
  readonly summary: JobSummary;
  readonly job: CleanJob;
  /** Sources that nothing came of. */
  readonly open: readonly string[];
}

export interface BatchOptions {
  readonly cleaning: CleanJobs;
  readonly rows: BatchRows;
  readonly job: CleanJob;
  readonly resume: boolean;
  /** Megapixels per second of such batches before; null when there were none. */
  readonly speed: Promise<number | null>;
  /** What an earlier run of it has done, by source. */
  readonly done: ReadonlyMap<string, CleanedPicture>;
  readonly listener: BatchListener;
}

/** One batch from the wish to its end, as windows see it. */
export class Batch {
  readonly #options: BatchOptions;
  #meter = new WorkMeter(null);
  readonly #timeLeft = new TimeLeft();
  /** The engine has begun with a picture: what comes before is no work. */
  #begun = false;
  readonly #clock = new BatchClock((seconds) => this.#worked(seconds));
  #phase: BatchState['phase'] = 'preparing';
  #jobId: string | null = null;
  #endedBy: Failure | null = null;
  #stopped = false;
  /** What the report says of how long it took, once there is one. */
  #reported: number | null = null;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  get active(): boolean {
    return this.#phase !== 'finished';
  }

  /** @throws AppError why it cannot begin; the rows are as they were then */
  async begin(): Promise<string> {
    const { cleaning, job, resume, rows } = this.#options;
    this.#tell();
    this.#meter = new WorkMeter(await this.#options.speed);
    try {
      const { jobId } = await cleaning.start({ job, resume });
      this.#jobId = jobId;
      if (this.#phase === 'stopping') cleaning.cancel(jobId);
      else if (this.#phase === 'paused') cleaning.pause(jobId);
      return jobId;
    } catch (error) {
      this.#clock.stop();
      this.#phase = 'finished';
      rows.giveBack();
      throw error;
    }
  }

  pause(): void {
    if (this.#phase !== 'running' && this.#phase !== 'preparing') return;
    this.#phase = 'paused';
    this.#clock.stop();
    if (this.#jobId) this.#options.cleaning.pause(this.#jobId);
    this.#tell();
  }

  goOn(): void {
    if (this.#phase !== 'paused') return;
    this.#phase = this.#jobId ? 'running' : 'preparing';
    this.#meter.begin(this.#options.rows.work().done);
    this.#clock.start();
    if (this.#jobId) this.#options.cleaning.goOn(this.#jobId);
    this.#tell();
  }

  stop(): void {
    if (!this.active) return;
    this.#phase = 'stopping';
    if (this.#jobId) this.#options.cleaning.cancel(this.#jobId);
    this.#tell();
  }

  /** What its job says. */
  take(event: JobEvent): void {
    if (event.jobId !== this.#jobId) return;
    const { rows, done, listener } = this.#options;
    switch (event.type) {
      case 'planned':
        for (const one of event.plan.skipped) rows.skipped(one, done);
        if (this.#phase === 'preparing') this.#phase = 'running';
        if (this.#phase === 'running') this.#clock.start();
        return this.#tell();
      case 'started':
        if (!this.#begun) this.#meter.begin(rows.work().done);
        this.#begun = true;
        return rows.started(event.source);
      case 'progress':
        return rows.progress(event.source, event.fraction);
      case 'done':
        rows.done(event.picture);
        return this.#tellWhilePaused();
      case 'failed':
        rows.failed(event.source, failureOf(new AppError(event.code, event.details)));
        return this.#tellWhilePaused();
      case 'skipped':
        return rows.skipped(event.skipped, done);
      case 'engine-restarted':
        return listener.onEngineRestarted(event.reason);
      case 'summary':
        return this.#end(event.summary);
      case 'training':
      case 'training-begun':
        return;
    }
  }

  get #state(): BatchState {
    const sum = this.#options.rows.sum();
    const over = !this.active;
    return {
      ...sum,
      phase: this.#phase,
      batch: this.#jobId,
      secondsSoFar: this.#reported ?? this.#meter.seconds,
      secondsLeft: over || this.#phase === 'stopping' ? null : this.#timeLeft.seconds,
      endedBy: this.#endedBy,
      stopped: this.#stopped,
    };
  }

  #worked(seconds: number): void {
    const { done, left } = this.#options.rows.work();
    this.#meter.advance(seconds, done);
    this.#timeLeft.advance(seconds, this.#meter.secondsLeft(left));
    this.#tell();
  }

  #end(summary: JobSummary): void {
    const { rows, listener, job } = this.#options;
    this.#clock.stop();
    this.#phase = 'finished';
    if (summary.kind === 'clean') {
      this.#stopped = summary.report.stopped;
      this.#reported = summary.report.seconds;
      this.#endedBy = summary.report.endedBy ?? null;
    } else if (summary.kind === 'failed') {
      const { code, details, message } = summary;
      this.#endedBy = { code, details, message };
    }
    const { open } = rows;
    rows.end();
    const state = this.#state;
    listener.onState(state);
    listener.onEnd({ state, summary, job, open });
  }

  /** What was in work when the batch was paused is finished, while its clock stands. */
  #tellWhilePaused(): void {
    if (this.#phase === 'paused') this.#tell();
  }

  #tell(): void {
    this.#options.listener.onState(this.#state);
  }
}
