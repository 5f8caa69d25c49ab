/** Between two words on how far a batch has come. */
const tellMs = 250;

/** Turns while a batch is at work, and tells how many seconds were worked since the last turn. */
export class BatchClock {
  readonly #onTurn: (seconds: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #last = 0;

  constructor(onTurn: (seconds: number) => void) {
    this.#onTurn = onTurn;
  }

  start(): void {
    if (this.#timer) return;
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#turn(), tellMs);
    this.#timer.unref();
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#turn();
  }

  #turn(): void {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    this.#onTurn(seconds);
  }
}
