/** Adds up the seconds of named stages on a clock that never jumps. */
export class Stopwatch<Stage extends string> {
  readonly #started = performance.now();
  readonly #milliseconds = new Map<Stage, number>();

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.#add(stage, performance.now() - from);
    }
  }

  timeSync<T>(stage: Stage, work: () => T): T {
    const from = performance.now();
    try {
      return work();
    } finally {
      this.#add(stage, performance.now() - from);
    }
  }

  seconds(stage: Stage): number {
    return (this.#milliseconds.get(stage) ?? 0) / 1000;
  }

  /** Seconds since the watch was made. */
  total(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #add(stage: Stage, milliseconds: number): void {
    this.#milliseconds.set(stage, (this.#milliseconds.get(stage) ?? 0) + milliseconds);
  }
}
