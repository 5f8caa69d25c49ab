import type { AppListener } from '../contract/app-api.ts';
import type { JobEvent } from '../contract/jobs.ts';

/** Passes what jobs say to whoever listens. A listener that throws hurts nobody else. */
export class JobEvents {
  readonly #listeners = new Set<AppListener>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  subscribe(listener: AppListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: JobEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#log(`a listener failed at a “${event.type}” event: ${String(error)}`);
      }
    }
  }
}
