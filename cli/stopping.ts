import { AppError } from '../contract/errors.ts';
import type { StopSignal } from './host.ts';

/**
 * Signals this close together are one wish: a terminal and npm both pass on a single Ctrl-C.
 */
const sameWishMs = 400;

/** The wish to stop: first politely, the second time at once. */
export class Stopping {
  readonly #controller = new AbortController();
  readonly #atOnce = new Set<() => void>();
  readonly #exitNow: (signal: StopSignal) => void;
  #first: { signal: StopSignal; at: number } | null = null;

  constructor(exitNow: (signal: StopSignal) => void) {
    this.#exitNow = exitNow;
  }

  /** Aborted at the first wish. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What it was stopped by, null while it runs. */
  get by(): StopSignal | null {
    return this.#first?.signal ?? null;
  }

  request(signal: StopSignal): void {
    const now = performance.now();
    if (this.#first === null) {
      this.#first = { signal, at: now };
      this.#controller.abort();
    } else if (now - this.#first.at > sameWishMs) {
      for (const tidy of this.#atOnce) tidy();
      this.#exitNow(this.#first.signal);
    }
  }

  /** Registers what must be tidied up, synchronously, even when it ends at once; the answer takes it back. */
  tidyAtOnce(tidy: () => void): () => void {
    this.#atOnce.add(tidy);
    return () => this.#atOnce.delete(tidy);
  }

  /** The promise, or `cancelled` as soon as stopping is wished. What the promise does later is ignored. */
  async race<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    const { signal } = this;
    if (signal.aborted) throw new AppError('cancelled');
    let onAbort = (): void => {};
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => reject(new AppError('cancelled'));
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([promise, stopped]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
