/**
 * Shares a number of bytes between everything that is kept only because it may be asked for again. What was not
 * used for the longest goes when there is too much; the newest always stays.
 */
export class ByteBound {
  #limit: number;
  #bytes = 0;
  /** In the order of their last use. */
  readonly #entries = new Map<object, { readonly bytes: number; readonly drop: () => void }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  limitTo(bytes: number): void {
    this.#limit = bytes;
    this.#shrink();
  }

  add(entry: object, bytes: number, drop: () => void): void {
    this.#entries.set(entry, { bytes, drop });
    this.#bytes += bytes;
    this.#shrink();
  }

  touch(entry: object): void {
    const use = this.#entries.get(entry);
    if (!use) return;
    this.#entries.delete(entry);
    this.#entries.set(entry, use);
  }

  remove(entry: object): void {
    const use = this.#entries.get(entry);
    if (!use) return;
    this.#entries.delete(entry);
    this.#bytes -= use.bytes;
  }

  #shrink(): void {
    for (const [entry, { drop }] of this.#entries) {
      if (this.#bytes <= this.#limit || this.#entries.size === 1) return;
      this.remove(entry);
      drop();
    }
  }
}

/** Values under names, within a bound that may take any of them away. Once closed it keeps nothing. */
export class Kept<T> {
  readonly #bound: ByteBound;
  readonly #bytesOf: (value: T) => number;
  readonly #values = new Map<string, { readonly value: T }>();
  #closed = false;

  constructor(bound: ByteBound, bytesOf: (value: T) => number) {
    this.#bound = bound;
    this.#bytesOf = bytesOf;
  }

  get(name: string): T | undefined {
    const entry = this.#values.get(name);
    if (entry) this.#bound.touch(entry);
    return entry?.value;
  }

  /** What is kept under names that begin so, which is no use of it: `get` is. */
  beginning(prefix: string): { name: string; value: T }[] {
    return [...this.#values]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, { value }]) => ({ name, value }));
  }

  set(name: string, value: T): void {
    if (this.#closed) return;
    const old = this.#values.get(name);
    if (old) this.#bound.remove(old);
    const entry = { value };
    this.#values.set(name, entry);
    this.#bound.add(entry, this.#bytesOf(value), () => this.#values.delete(name));
  }

  close(): void {
    this.#closed = true;
    for (const entry of this.#values.values()) this.#bound.remove(entry);
    this.#values.clear();
  }
}
