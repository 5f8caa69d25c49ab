/**
 * Shares a number of bytes between pictures that are worked on at the same time. Whoever asks first is served
 * first; one that needs more than there is in all waits until it is alone.
 */
export class MemoryBudget {
  readonly #total: number;
  #taken = 0;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  constructor(totalBytes: number) {
    this.#total = totalBytes;
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
