import { setImmediate } from 'node:timers/promises';
import type { TrainingConfig, TrainingProgress, Validation } from '../../contract/train.ts';
import type { Learner } from '../../model/training/learner.ts';
import { train, type StepReport } from '../../model/training/train.ts';
import type { BestModel } from './best-model.ts';
import type { TrainingData } from './training-data.ts';

/** Between two reports of progress. */
const REPORT_MS = 1000;
/** Trainings by time validate, and so save, at least this often: no more than that is lost to a kill. */
const SAVE_MS = 60_000;

export interface RunOptions {
  readonly config: TrainingConfig;
  readonly learner: Learner;
  readonly data: TrainingData;
  /** Whether the weights come from a model, which must then not be made worse. */
  readonly continued: boolean;
  readonly best: BestModel;
  readonly report: (progress: TrainingProgress) => void;
}

/** One training from its first step to its last: what happens between steps, and when. */
export class TrainingRun {
  readonly #options: RunOptions;
  readonly #started = performance.now();
  #steps = 0;
  #validated = { step: -1, ms: this.#started };
  /** Since the last report; the time validations took is left out of the speed. */
  #since = { step: 0, ms: this.#started, lossSum: 0 };

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /**
   * Trains to the end of the schedule, or until the signal; the weights of that moment are still considered.
   * @throws AppError `training-diverged`; what was best before it stays
   */
  async toTheEnd(signal: AbortSignal): Promise<void> {
    const { config, learner, data, continued } = this.#options;
    const plan = { ...config, progress: (step: number) => this.#progress(step) };
    // What it began with is a candidate too.
    if (continued) await this.#validate(0);
    let latest: StepReport | null = null;
    try {
      for await (latest of train(learner, (at) => data.nextBatch(at), plan, signal)) {
        this.#steps = latest.step;
        this.#since.lossSum += latest.loss;
        const validation = this.#validationIsDue() ? await this.#validate(latest.step) : null;
        if (validation || performance.now() - this.#since.ms >= REPORT_MS) this.#tell(latest, validation);
        await setImmediate(); // lets messages in: a step on a processor never leaves the thread
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (latest) await this.#end(latest);
  }

  async #end(latest: StepReport): Promise<void> {
    const open = latest.step > this.#validated.step || this.#options.best.owed;
    const validation = open ? await this.#validate(latest.step, true) : null;
    if (latest.step > this.#since.step) this.#tell(latest, validation);
  }

  /** 0 at the start, 1 at the end. */
  #progress(step: number): number {
    const { length } = this.#options.config;
    return 'steps' in length ? step / length.steps : this.seconds / (60 * length.minutes);
  }

  #validationIsDue(): boolean {
    const { length, validateEvery } = this.#options.config;
    if (this.#steps % validateEvery === 0) return true;
    // The clock has no say in a training by steps, which must come out the same each time.
    return 'minutes' in length && performance.now() - this.#validated.ms > SAVE_MS;
  }

  async #validate(step: number, last = false): Promise<Validation | null> {
    const before = performance.now();
    const validation = await this.#options.best.consider(this.#options.learner.averaged, step, last);
    this.#validated = { step, ms: performance.now() };
    this.#since.ms += performance.now() - before;
    return validation;
  }

  #tell({ step, learningRate }: StepReport, validation: Validation | null): void {
    const { length } = this.#options.config;
    const now = performance.now();
    const steps = step - this.#since.step;
    const stepsPerSecond = (1000 * steps) / (now - this.#since.ms);
    const byTime = 'minutes' in length;
    const total = byTime ? Math.max(step, Math.round(step / this.#progress(step))) : length.steps;
    const secondsLeft = byTime
      ? Math.max(0, 60 * length.minutes - this.seconds)
      : (total - step) / stepsPerSecond;
    const loss = this.#since.lossSum / steps;
    this.#options.report({ step, steps: total, loss, learningRate, stepsPerSecond, secondsLeft, validation });
    this.#since = { step, ms: now, lossSum: 0 };
  }
}
