/** How fast what is told comes near to what is estimated, in seconds of work. */
const followSeconds = 5;
/** What an estimate may be above what is told, as a share and in seconds, before the work counts as slower. */
const slackShare = 0.2;
const slackSeconds = 5;
/** For so long, in seconds of work: what passes by itself is not told. */
const slowerSeconds = 10;

/**
 * The time that is left as a person is told it. It counts down like a clock, faster or slower as the estimate asks for, or
 * stands still. It rises only when the work has become slower, which is told in one step: an estimate that scatters would
 * let it count up for no reason that anybody could see.
 */
export class TimeLeft {
  #told: number | null = null;
  /** For how long the estimate has been well above what is told. */
  #slower = 0;

  /** Null while nothing is known. */
  get seconds(): number | null {
    return this.#told;
  }

  /** @param seconds of work since the last time @param estimate seconds that are left; null when that is not known */
  advance(seconds: number, estimate: number | null): void {
    if (estimate === null) return;
    if (this.#told === null) {
      this.#told = estimate;
      return;
    }
    const above = estimate > this.#told * (1 + slackShare) + slackSeconds;
    this.#slower = above ? this.#slower + seconds : 0;
    if (this.#slower >= slowerSeconds) {
      this.#told = estimate;
      this.#slower = 0;
      return;
    }
    const onTime = Math.max(0, this.#told - seconds);
    const next = onTime + (estimate - onTime) * (1 - Math.exp(-seconds / followSeconds));
    this.#told = Math.min(this.#told, next);
  }
}
