import {
  idleTraining,
  type FinishedTraining,
  type TrainingCheckpoint,
  type TrainingCurve,
  type TrainingDetails,
  type TrainingState,
  type UnfinishedTraining,
} from '../../contract/training-view.ts';
import type { Calls } from './calls.ts';
import { joinedCurve, noCurve } from './training-curve.ts';

const nothingYet: TrainingDetails = { curve: noCurve, checkpoints: [] };

/** The training that runs or has ended, with its curve and its checkpoints, and those that were left open. */
export class Training {
  #state = $state.raw<TrainingState>(idleTraining);
  #details = $state.raw<TrainingDetails>(nothingYet);
  /** Whose details those are. */
  #of: string | null = null;
  #unfinished = $state.raw<readonly UnfinishedTraining[]>([]);
  /** An earlier training that is looked at. */
  #earlier = $state.raw<FinishedTraining | null>(null);
  #starting = $state(false);
  /** What the screen shows. */
  readonly shown: TrainingState = $derived(this.#earlier ?? this.#state);
  readonly active = $derived(!['idle', 'finished'].includes(this.#state.phase));
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  get state(): TrainingState {
    return this.#state;
  }

  get curve(): TrainingCurve {
    return this.#details.curve;
  }

  get checkpoints(): readonly TrainingCheckpoint[] {
    return this.#details.checkpoints;
  }

  get unfinished(): readonly UnfinishedTraining[] {
    return this.#unfinished;
  }

  get earlier(): FinishedTraining | null {
    return this.#earlier;
  }

  /** From the press of a button to the first sign of the training. */
  get starting(): boolean {
    return this.#starting;
  }

  receive(state: TrainingState): void {
    this.#state = state;
    if (!this.#earlier) this.#follow(state.training);
  }

  receiveCurve(training: string, more: TrainingCurve): void {
    if (training !== this.#of) return;
    this.#details = { ...this.#details, curve: joinedCurve(this.#details.curve, more) };
  }

  receiveCheckpoints(training: string, checkpoints: readonly TrainingCheckpoint[]): void {
    if (training === this.#of) this.#details = { ...this.#details, checkpoints };
  }

  receiveUnfinished(unfinished: readonly UnfinishedTraining[]): void {
    this.#unfinished = unfinished;
  }

  /** Shows an earlier training; null the present one again. */
  look(earlier: FinishedTraining | null): void {
    this.#earlier = earlier;
    this.#follow(this.shown.training);
  }

  /** Does what begins or goes on with a training; not twice at a time. */
  async starts(act: () => Promise<unknown>): Promise<void> {
    if (this.#starting || this.active) return;
    this.#starting = true;
    await act().finally(() => (this.#starting = false));
  }

  pause = () => this.#calls.tell('pauseTraining', {});
  resume = () => this.#calls.tell('resumeTraining', {});
  stop = () => this.#calls.tell('stopTraining', {});

  /** Back to where a training is begun. */
  leave(): void {
    if (this.#earlier) this.look(null);
    else void this.#calls.tell('dismissTraining', {});
  }

  keep(step: number | null): Promise<boolean> {
    const { training } = this.shown;
    return training === null
      ? Promise.resolve(false)
      : this.#calls.tell('keepCheckpoint', { training, step });
  }

  continueUnfinished(training: string): Promise<void> {
    return this.starts(() => this.#calls.ask('continueTraining', { training }));
  }

  forgetUnfinished(training: string): Promise<boolean> {
    return this.#calls.tell('forgetTraining', { training });
  }

  finished(): Promise<readonly FinishedTraining[] | null> {
    return this.#calls.ask('listTrainings', {});
  }

  /** After the connection was lost and found, what was told of meanwhile is asked for. */
  async readAgain(): Promise<void> {
    const of = this.#of;
    if (of === null) return;
    const read = await this.#calls.ask('readTraining', { training: of });
    if (!read || this.#of !== of) return;
    // What was told of while the answer was on its way is newer than it.
    this.#details = { ...read, curve: joinedCurve(read.curve, this.#details.curve) };
  }

  #follow(training: string | null): void {
    if (training === this.#of) return;
    this.#of = training;
    this.#details = nothingYet;
    void this.readAgain();
  }
}
