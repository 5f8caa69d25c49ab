/** Seconds over which speed is averaged: longer is calmer, shorter follows sooner. */
const windowSeconds = 60;
/** So many seconds of work a speed that was known before stands for. */
const priorSeconds = 8;
/** Less work tells nothing when no speed was known before. */
const leastSeconds = 2;

/** How fast a batch gets on, from what is done when. Times are in seconds of work: pauses do not count. */
export class WorkMeter {
  readonly #prior: number | null;
  #seconds = 0;
  #done = 0;
  /** Work and time of late; what lies back fades. */
  #recentWork = 0;
  #recentSeconds = 0;

  /** @param prior megapixels per second of earlier batches, null when there were none */
  constructor(prior: number | null) {
    this.#prior = prior;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** `seconds` more were worked, after which `done` megapixels are done in all. */
  advance(seconds: number, done: number): void {
    const fade = Math.exp(-seconds / windowSeconds);
    this.#recentWork = this.#recentWork * fade + Math.max(0, done - this.#done);
    this.#recentSeconds = this.#recentSeconds * fade + seconds;
    this.#seconds += seconds;
    this.#done = Math.max(this.#done, done);
  }

  /** Megapixels per second; null until there is something to tell it from. */
  get speed(): number | null {
    const weight = this.#prior === null ? 0 : priorSeconds * Math.exp(-this.#seconds / windowSeconds);
    const time = this.#recentSeconds + weight;
    if (this.#prior === null && (this.#seconds < leastSeconds || this.#done === 0)) return null;
    const speed = (this.#recentWork + (this.#prior ?? 0) * weight) / time;
    return speed > 0 ? speed : null;
  }

  secondsLeft(total: number): number | null {
    const { speed } = this;
    return speed === null ? null : Math.max(0, total - this.#done) / speed;
  }
}
