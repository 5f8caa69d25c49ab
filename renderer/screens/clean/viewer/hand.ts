/** However quickly the hand moves: two frames, in each of which a slider says one value at most. */
const shortestRest = 24;
/** Longer nobody is to wait for the network to begin. */
const longestRest = 60;
/** A hand that goes on and on is followed all the same when for so long nothing was shown of where it is. */
const longestUnseen = 120;

/**
 * The hand on a slider. While it moves, the network is not asked: what it was asked would be outdated before it answers, and
 * the last value would wait for that. It has come to rest when it stays still for longer than it did between its last moves.
 */
export class Hand {
  /** A pointer is held down. */
  down = false;
  #movedAt = -Infinity;
  /** Since when nothing is shown of where it is; null while something is. */
  #unseenSince: number | null = null;

  /**
   * After how many milliseconds of stillness it will have come to rest.
   * @param now milliseconds on a clock that never jumps
   * @param seen something is shown of where it is, or on its way
   */
  moved(now: number, seen: boolean): number {
    if (now - this.#movedAt > longestUnseen) this.#unseenSince = null;
    this.#unseenSince = seen || !this.down ? null : (this.#unseenSince ?? now);
    if (!this.down) return 0;
    if (this.#unseenSince !== null && now - this.#unseenSince >= longestUnseen) {
      this.#unseenSince = null;
      return 0;
    }
    const still = now - this.#movedAt;
    this.#movedAt = now;
    return still > longestRest ? shortestRest : Math.min(longestRest, Math.max(shortestRest, 1.5 * still));
  }
}
