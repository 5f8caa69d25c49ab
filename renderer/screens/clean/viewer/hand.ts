/** However quickly the hand moves: two frames, in each of which a slider says one value at most. */
const shortestRest = 24;
/** Longer nobody is to wait for the network to begin. */
const longestRest = 60;

/**
 * The hand on a slider. While it moves, the network is not asked: what it was asked would be outdated before it answers, and
 * the last value would wait for that. It has come to rest when it stays still for longer than it did between its last moves.
 */
export class Hand {
  /** A pointer is held down. */
  down = false;
  #movedAt = -Infinity;

  /** After how many milliseconds of stillness it will have come to rest. @param now milliseconds on a clock that never jumps */
  moved(now: number): number {
    if (!this.down) return 0;
    const still = now - this.#movedAt;
    this.#movedAt = now;
    return still > longestRest ? shortestRest : Math.min(longestRest, Math.max(shortestRest, 1.5 * still));
  }
}
