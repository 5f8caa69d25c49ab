import { AppError } from '../../contract/errors.ts';
import { RowTeller } from './row-teller.ts';
import { fresh, type NewRow, type Row } from './row.ts';
import type { WindowHub } from './window-hub.ts';

/** The pictures that were added, in order, each once. */
export class Queue {
  readonly #rows = new Map<string, Row>();
  readonly #bySource = new Map<string, string>();
  /** Rows by what tells a file from all others, whatever its name. */
  readonly #byIdentity = new Map<string, string>();
  readonly #teller: RowTeller;
  /** Called when another picture has become the first, or none is there any more. */
  readonly firstChanged = new Set<() => void>();
  #next = 1;

  constructor(hub: WindowHub) {
    this.#teller = new RowTeller(hub, (id) => this.get(id));
  }

  get size(): number {
    return this.#rows.size;
  }

  get first(): Row | null {
    for (const row of this.#rows.values()) return row;
    return null;
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  get(id: string): Row | null {
    return this.#rows.get(id) ?? null;
  }

  /** @throws AppError `row-not-found` */
  find(id: string): Row {
    const row = this.get(id);
    if (!row) throw new AppError('row-not-found');
    return row;
  }

  of(source: string): Row | null {
    return this.get(this.#bySource.get(source) ?? '');
  }

  /** The named rows that are there, or all, in the order of the queue. */
  pick(rows: 'all' | readonly string[]): Row[] {
    if (rows === 'all') return this.all();
    const wanted = new Set(rows);
    return this.all().filter(({ id }) => wanted.has(id));
  }

  /** Adds a file; null when it is there already. */
  add(row: NewRow, identity: string | null = null): Row | null {
    const known = this.#bySource.get(row.source) ?? (identity && this.#byIdentity.get(identity));
    if (known) return null;
    const added: Row = { ...fresh, ...row, id: `r${this.#next++}` };
    this.#rows.set(added.id, added);
    this.#bySource.set(added.source, added.id);
    if (identity) this.#byIdentity.set(identity, added.id);
    this.#teller.tell(added.id);
    if (this.#rows.size === 1) this.#tellFirst();
    return added;
  }

  change(id: string, changes: Partial<Omit<Row, 'id' | 'source'>>): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.set(id, { ...row, ...changes });
    this.#teller.tell(id);
  }

  remove(rows: readonly Row[]): void {
    const gone = new Set(rows.map(({ id }) => id));
    const { first } = this;
    for (const { id, source } of rows) {
      this.#rows.delete(id);
      this.#bySource.delete(source);
    }
    for (const [identity, id] of this.#byIdentity) if (gone.has(id)) this.#byIdentity.delete(identity);
    if (gone.size > 0) this.#teller.tellRemoved([...gone]);
    if (first && gone.has(first.id)) this.#tellFirst();
  }

  /** Tells windows of all changes now. */
  flush(): void {
    this.#teller.flush();
  }

  close(): void {
    this.#teller.close();
  }

  #tellFirst(): void {
    for (const tell of this.firstChanged) tell();
  }
}
