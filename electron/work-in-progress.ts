import type { BatchState } from '../contract/batch.ts';
import type { TrainingPhase } from '../contract/training-view.ts';
import type { WindowEvent } from '../contract/window-api.ts';

/** What an end of the app would interrupt, as the app's events tell it. */
export class WorkInProgress {
  #batch: BatchState['phase'] = 'idle';
  #training: TrainingPhase = 'idle';

  hear(event: WindowEvent): void {
    if (event.type === 'batch') this.#batch = event.batch.phase;
    if (event.type === 'training') this.#training = event.training.phase;
  }

  /** The machine is shut down: nobody is asked any more. */
  forget(): void {
    this.#batch = 'idle';
    this.#training = 'idle';
  }

  /** Null where nothing is interrupted: a training that is paused has written itself down. */
  get what(): 'cleaning' | 'training' | null {
    if (this.#batch !== 'idle' && this.#batch !== 'finished') return 'cleaning';
    return ['idle', 'paused', 'finished'].includes(this.#training) ? null : 'training';
  }
}
