import { setImmediate } from 'node:timers/promises';
import type {
  CheckpointReport,
  Resumption,
  SnapshotReport,
  TrainingConfig,
  TrainingProgress,
  Validation,
} from '../../contract/train.ts';
import type { Learner } from '../../model/training/learner.ts';
import { train, type StepReport } from '../../model/training/train.ts';
import { verdictOf } from '../../model/training/verdict.ts';
import type { BestModel } from './best-model.ts';
import type { TrainingData } from './training-data.ts';

/** Between two reports of progress. */
const REPORT_MS = 1000;
/** Trainings by time validate, and so save, at least this often: no more than that is lost to a kill. */
const SAVE_MS = 60_000;
/** Between two checkpoints; there is one at each validation too. */
const CHECKPOINT_MS = 45_000;

/** The curve so far: every validation that was due, and the losses since. */
export interface Curve {
  readonly validations: readonly Validation[];
  readonly lossSum: number;
  readonly lossSteps: number;
}

/** Where a run stands, beside its learner, its data and its best model. */
export interface RunState {
  readonly seconds: number;
  readonly curve: Curve;
}

export interface RunOptions {
  readonly config: TrainingConfig;
  readonly learner: Learner;
  readonly data: TrainingData;
  /** Whether the weights come from a model, which must then not be made worse. */
  readonly continued: boolean;
  readonly best: BestModel;
  readonly report: (progress: TrainingProgress) => void;
  /** Writes a checkpoint; null says that there was nothing worth keeping. Not given: none are written. */
  readonly checkpoint?: ((state: RunState) => Promise<CheckpointReport | null>) | undefined;
  /** Keeps a checkpoint that can be looked at. Not given: none are kept. */
  readonly snapshot?: ((validation: Validation | null) => Promise<SnapshotReport>) | undefined;
  /** Where a training that is taken up again stood. */
  readonly earlier?: { readonly state: RunState; readonly resumption: Resumption } | undefined;
}

/** One training from its first step, or where it was left, to its last: what happens between steps, and when. */
export class TrainingRun {
  readonly #options: RunOptions;
  readonly #started: number;
  #validated: { step: number; ms: number };
  #curve: Curve;
  /** Since the last report; the time validations and checkpoints took is left out of the speed. */
  #since: { step: number; ms: number; lossSum: number };
  /** Of the steps that were told of last. */
  #pace = { loss: NaN, stepsPerSecond: 0 };
  #checkpointed: { step: number; ms: number };
  /** Told with the next progress. */
  #news: Pick<TrainingProgress, 'checkpoint' | 'resumed' | 'snapshot' | 'start'>;
  #shown = -1;
  #last: Validation | null = null;

  constructor(options: RunOptions) {
    const { earlier, learner } = options;
    const now = performance.now();
    this.#options = options;
    this.#started = now - 1000 * (earlier?.state.seconds ?? 0);
    this.#curve = earlier?.state.curve ?? { validations: [], lossSum: 0, lossSteps: 0 };
    this.#validated = { step: this.#curve.validations.at(-1)?.step ?? -1, ms: now };
    this.#since = { step: learner.step, ms: now, lossSum: 0 };
    this.#checkpointed = { step: learner.step, ms: now };
    this.#news = earlier ? { resumed: earlier.resumption } : {};
  }

  /** Steps done. */
  get steps(): number {
    return this.#options.learner.step;
  }

  /** Validation of the weights as they are; null where they were not judged. */
  get last(): Validation | null {
    return this.#last?.step === this.steps ? this.#last : null;
  }

  /** Time used, that before a resumption included. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /**
   * Trains to the end of the schedule, or until the signal; the weights of that moment are still considered.
   * @throws AppError `training-diverged`; what was best before it stays
   */
  async toTheEnd(signal: AbortSignal): Promise<void> {
    const { config, learner, data, continued, earlier } = this.#options;
    const plan = { ...config, progress: (step: number) => this.#progress(step) };
    // What it began with is a candidate too.
    if (continued && !earlier) await this.#begin();
    let latest: StepReport | null = null;
    try {
      for await (latest of train(learner, (at) => data.nextBatch(at), plan, signal)) {
        this.#count(latest);
        const due = this.#validationIsDue();
        const validation = due ? await this.#validateInCurve() : null;
        if (due || performance.now() - this.#checkpointed.ms > CHECKPOINT_MS) {
          await this.#writeCheckpoint();
          await this.#show(validation);
        }
        if (validation || this.#news.start || performance.now() - this.#since.ms >= REPORT_MS)
          this.#tell(latest, validation);
        await setImmediate(); // lets messages in: a step on a processor never leaves the thread
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await this.#end(latest, signal.aborted);
  }

  async #begin(): Promise<void> {
    const validation = await this.#validate(0);
    if (validation) {
      this.#curve = { ...this.#curve, validations: [validation] };
      this.#news = { ...this.#news, start: validation };
    }
    await this.#show(validation);
  }

  /**
   * The last weights are considered too, then kept in a checkpoint: a training that was stopped may be taken up. Then the
   * checkpoint comes first: what is judged because it was stopped has no part in the undisturbed training.
   */
  async #end(latest: StepReport | null, stopped: boolean): Promise<void> {
    if (stopped && this.steps > this.#checkpointed.step) await this.#writeCheckpoint();
    const open = this.steps > this.#validated.step || this.#options.best.owed;
    const validation = open && this.steps > 0 ? await this.#validate(this.steps, true) : null;
    if (this.steps > this.#checkpointed.step) await this.#writeCheckpoint();
    if (this.steps > 0) await this.#show(validation);
    // The last step may have been told of already, but not what was found since.
    const more = validation !== null || Object.keys(this.#news).length > 0;
    if (latest && (latest.step > this.#since.step || more)) this.#tell(latest, validation);
  }

  #count({ loss }: StepReport): void {
    this.#since.lossSum += loss;
    const { validations, lossSum, lossSteps } = this.#curve;
    this.#curve = { validations, lossSum: lossSum + loss, lossSteps: lossSteps + 1 };
  }

  /** 0 at the start, 1 at the end. */
  #progress(step: number): number {
    const { length } = this.#options.config;
    return 'steps' in length ? step / length.steps : this.seconds / (60 * length.minutes);
  }

  #validationIsDue(): boolean {
    const { length, validateEvery } = this.#options.config;
    if (this.steps % validateEvery === 0) return true;
    // The clock has no say in a training by steps, which must come out the same each time.
    return 'minutes' in length && performance.now() - this.#validated.ms > SAVE_MS;
  }

  async #validateInCurve(): Promise<Validation | null> {
    const { validations, lossSum, lossSteps } = this.#curve;
    const loss = lossSum / lossSteps;
    const found = await this.#validate(this.steps);
    const validation = found && { ...found, loss };
    this.#curve = {
      validations: validation ? [...validations, validation] : validations,
      lossSum: 0,
      lossSteps: 0,
    };
    return validation;
  }

  async #validate(step: number, last = false): Promise<Validation | null> {
    const before = performance.now();
    const { best, learner } = this.#options;
    const validation = await best.consider(learner.averaged, step, last);
    this.#validated = { step, ms: performance.now() };
    this.#last = validation;
    this.#since.ms += performance.now() - before;
    return validation;
  }

  async #writeCheckpoint(): Promise<void> {
    const { checkpoint } = this.#options;
    if (!checkpoint) return;
    const before = performance.now();
    const written = await checkpoint({ seconds: this.seconds, curve: this.#curve });
    if (written) this.#news = { ...this.#news, checkpoint: written };
    this.#checkpointed = { step: this.steps, ms: performance.now() };
    this.#since.ms += performance.now() - before;
  }

  async #show(validation: Validation | null): Promise<void> {
    const { snapshot } = this.#options;
    if (!snapshot || this.steps === this.#shown) return;
    const before = performance.now();
    this.#news = { ...this.#news, snapshot: await snapshot(validation) };
    this.#shown = this.steps;
    this.#since.ms += performance.now() - before;
  }

  #tell({ step, learningRate }: StepReport, validation: Validation | null): void {
    const { length } = this.#options.config;
    const now = performance.now();
    const steps = step - this.#since.step;
    if (steps > 0) {
      const { ms, lossSum } = this.#since;
      this.#pace = { loss: lossSum / steps, stepsPerSecond: (1000 * steps) / Math.max(1, now - ms) };
    }
    const { loss, stepsPerSecond } = this.#pace;
    const byTime = 'minutes' in length;
    const total = byTime ? Math.max(step, Math.round(step / this.#progress(step))) : length.steps;
    const secondsLeft = byTime
      ? Math.max(0, 60 * length.minutes - this.seconds)
      : (total - step) / stepsPerSecond;
    const told = { step, steps: total, loss, learningRate, stepsPerSecond, secondsLeft, validation };
    const verdict = verdictOf(this.#curve.validations, total);
    this.#options.report({ ...told, verdict, secondsSoFar: this.seconds, ...this.#news });
    this.#since = { step, ms: now, lossSum: 0 };
    this.#news = {};
  }
}
