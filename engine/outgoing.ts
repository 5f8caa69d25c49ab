/** What was said to the application and has not left this process yet. */
export class Outgoing {
  #messages = 0;
  #waiting: (() => void)[] = [];

  /** A message is handed to the system; answers what is to be called when it has been taken. */
  begin(): () => void {
    this.#messages++;
    return () => {
      if (--this.#messages > 0) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const goOn of waiting) goOn();
    };
  }

  /**
   * Resolves when everything that was said so far is gone, answers of work that has just ended included. A pipe takes
   * some ten thousand bytes at a time, between which this thread must not be held up: some backends do for a second.
   */
  async delivered(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#messages > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
