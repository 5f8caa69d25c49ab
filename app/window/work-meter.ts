/** Seconds over which speed is averaged: longer is calmer, shorter follows sooner. */
const windowSeconds = 60;
/** So many seconds of work a speed that was known before stands for. */
const priorSeconds = 8;
/** Less work tells nothing when no speed was known before. */
const leastSeconds = 2;
/** A wait for the next sign of progress that is longer than this, and than twice the longest before, is a delay. */
const patienceSeconds = 3;

/**
 * How fast a batch gets on, from what is done when. Times are in seconds of work: pauses do not count.
 *
 * Progress comes in steps, tile by tile and picture by picture. Speed is taken from step to step, so that the wait for
 * the next one, which says nothing yet, is not taken for slowness. What comes before the first step (an engine starts, a
 * network is prepared, the first pictures are read) has nothing to do with speed, and is left out; so it is after a pause,
 * in which the pictures that were in work have been finished.
 */
export class WorkMeter {
  readonly #prior: number | null;
  #seconds = 0;
  #done = 0;
  /** Seconds since the last step; null before the first. */
  #wait: number | null = null;
  #longestWait = 0;
  /** Work and time of late, from step to step; what lies back fades. */
  #recentWork = 0;
  #recentSeconds = 0;

  /** @param prior work per second of earlier batches, null when there were none */
  constructor(prior: number | null) {
    this.#prior = prior;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** `seconds` more were worked, after which `done` is done in all. */
  advance(seconds: number, done: number): void {
    this.#seconds += seconds;
    // Less than before, where a picture failed or is tried again: that was work, and no step.
    const step = done - this.#done;
    this.#done = done;
    if (this.#wait !== null) this.#wait += seconds;
    if (step <= 0) return;
    if (this.#wait !== null) this.#take(step, this.#wait);
    this.#wait = 0;
  }

  /** Work begins, or begins again; `done` is done already. */
  begin(done: number): void {
    this.#done = done;
    this.#wait = null;
  }

  /** Work per second; null until there is something to tell it from. */
  get speed(): number | null {
    const weight = this.#prior === null ? 0 : priorSeconds * Math.exp(-this.#recentSeconds / windowSeconds);
    const seconds = this.#recentSeconds + this.#delay;
    if (this.#prior === null && seconds < leastSeconds) return null;
    const speed = (this.#recentWork + (this.#prior ?? 0) * weight) / (seconds + weight);
    return speed > 0 ? speed : null;
  }

  /** By the speed of now. */
  secondsLeft(left: number): number | null {
    const { speed } = this;
    if (speed === null) return null;
    // Part of the next step has been done already.
    return Math.max(0, left / speed - Math.min(this.#wait ?? 0, this.#patience));
  }

  #take(step: number, seconds: number): void {
    const fade = Math.exp(-seconds / windowSeconds);
    this.#recentWork = this.#recentWork * fade + step;
    this.#recentSeconds = this.#recentSeconds * fade + seconds;
    this.#longestWait = Math.max(this.#longestWait * fade, seconds);
  }

  get #patience(): number {
    return Math.max(patienceSeconds, 2 * this.#longestWait);
  }

  get #delay(): number {
    return Math.max(0, (this.#wait ?? 0) - this.#patience);
  }
}
