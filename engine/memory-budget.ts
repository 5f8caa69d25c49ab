/**
 * Shares a number of bytes between pictures that are worked on at the same time. Whoever asks first is served
 * first; one that needs more than there is in all waits until it is alone.
 */
export class MemoryBudget {
  readonly #total: number;
  readonly #free: () => number;
  #taken = 0;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  /** @param free what could be taken at the moment, also beyond the shared number */
  constructor(totalBytes: number, free: () => number = () => Infinity) {
    this.#total = totalBytes;
    this.#free = free;
  }

  /** To be asked of bytes that were taken: what is free when that is too little for them, else null. */
  shortOf(bytes: number): number | null {
    // What fits into the share was free when the share was fixed.
    if (bytes <= this.#total) return null;
    const free = this.#free();
    return bytes > free ? free : null;
  }

  /** Waits for the bytes; the answer gives them back, once. Stops waiting when the signal is aborted. */
  async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const entry = { bytes, start };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
        this.#serve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(entry);
      this.#serve();
    });
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= bytes;
      this.#serve();
    };
  }

  #serve(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (!next || (this.#taken > 0 && this.#taken + next.bytes > this.#total)) return;
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.start();
    }
  }
}
