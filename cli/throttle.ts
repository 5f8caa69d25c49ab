/** Lets something through only so often. */
export class Throttle {
  readonly #everyMs: number;
  readonly #last = new Map<string, number>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** True when the last one of this name is long enough ago; the first is always due. */
  due(name: string): boolean {
    const now = performance.now();
    const last = this.#last.get(name);
    if (last !== undefined && now - last < this.#everyMs) return false;
    this.#last.set(name, now);
    return true;
  }
}
