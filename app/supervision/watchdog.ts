/**
 * Tells when a process has gone silent. It counts its own ticks without a sign, not the time on a clock: while
 * this process sleeps with the machine, or is paused, no ticks are missed; a clock that jumps plays no part.
 */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;
  #withoutBeat = 0;
  #withoutWork = 0;

  constructor(options: {
    /** Ticks without any message until it is silent. Native code may hold its loop up for many seconds. */
    readonly beatLimit: number;
    /** Ticks in which it has work and yet only beats. */
    readonly workLimit: number;
    readonly tickMs: number;
    readonly hasWork: () => boolean;
    readonly onSilent: (seconds: number) => void;
  }) {
    this.#timer = setInterval(() => {
      this.#withoutBeat++;
      this.#withoutWork = options.hasWork() ? this.#withoutWork + 1 : 0;
      const ticks = Math.max(
        this.#withoutBeat >= options.beatLimit ? this.#withoutBeat : 0,
        this.#withoutWork >= options.workLimit ? this.#withoutWork : 0,
      );
      if (ticks > 0) options.onSilent(Math.round((ticks * options.tickMs) / 1000));
    }, options.tickMs);
    this.#timer.unref();
  }

  /** The event loop of the process turns. */
  beat(): void {
    this.#withoutBeat = 0;
  }

  /** The process got on with something. */
  progress(): void {
    this.#withoutBeat = 0;
    this.#withoutWork = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
