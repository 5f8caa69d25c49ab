import type { QueueRow } from '../../contract/batch.ts';
import type { Calls } from './calls.ts';
import { all, move, nothingChosen, pick, without, type Pick, type Selection } from './selection.ts';

/** States in which a picture is still to be cleaned. */
const toDo: readonly QueueRow['state'][] = ['found', 'ready'];
const finished: readonly QueueRow['state'][] = ['done', 'unchanged', 'kept', 'failed'];

/** The pictures that were added, and which of them are chosen. */
export class Queue {
  #rows = $state.raw<readonly QueueRow[]>([]);
  #selection = $state.raw<Selection>(nothingChosen);
  #looking = $state<number | null>(null);
  /** Drops and pastes whose files are still on their way to the app. */
  #arrivals = $state(0);
  readonly #byId = new Map<string, QueueRow>();
  /** Rows that were told of since the list was asked for: what was told is newer. */
  #told: Set<string> | null = null;
  /** Not while the list is being asked for the first time: nobody knows what is first in it. */
  #listed = true;
  #drawing = false;
  readonly #order = $derived(this.#rows.map((row) => row.id));
  readonly current = $derived(this.#rows.find((row) => row.id === this.#selection.current) ?? null);
  readonly toDo = $derived(this.#rows.filter((row) => toDo.includes(row.state)));
  readonly failed = $derived(this.#rows.filter((row) => row.state === 'failed'));
  readonly finished = $derived(this.#rows.filter((row) => finished.includes(row.state)));
  readonly unreadable = $derived(this.#rows.filter((row) => row.state === 'unreadable'));
  /** How many were sent by a page: there is no folder beside those that people know. */
  readonly uploaded = $derived(this.#rows.filter((row) => row.uploaded).length);
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  get rows(): readonly QueueRow[] {
    return this.#rows;
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** How many files were found so far while folders are looked through; null else. */
  get looking(): number | null {
    return this.#looking;
  }

  set looking(found: number | null) {
    this.#looking = found;
  }

  /** Files are still on their way to the app: what is in the list is not all of it. */
  get arriving(): boolean {
    return this.#arrivals > 0;
  }

  /** Files are on their way to the app as long as the work goes on. */
  async whileArriving(work: () => Promise<void>): Promise<void> {
    this.#arrivals++;
    try {
      await work();
    } finally {
      this.#arrivals--;
    }
  }

  /** The list will be read: until then rows that are told of are some out of the middle of it. */
  expectList(): void {
    this.#listed = false;
  }

  /** Asks for all rows, and puts them in the place of those that are there. */
  async read(): Promise<void> {
    const told = (this.#told = new Set<string>());
    const rows = await this.#calls.ask('listRows', {});
    if (this.#told !== told) return;
    this.#listed = true;
    if (!rows) return this.#draw();
    this.#told = null;
    const before = new Map(this.#byId);
    this.#byId.clear();
    const ids = new Set([...rows.map(({ id }) => id), ...told]);
    const listed = new Map(rows.map((row) => [row.id, row]));
    this.merge([...ids].flatMap((id) => (told.has(id) ? before : listed).get(id) ?? []));
  }

  /** Rows that are new or have changed; drawn once a frame however many messages come. */
  merge(rows: readonly QueueRow[]): void {
    for (const row of rows) {
      this.#byId.set(row.id, row);
      this.#told?.add(row.id);
    }
    this.#draw();
  }

  drop(ids: readonly string[]): void {
    for (const id of ids) {
      this.#byId.delete(id);
      this.#told?.add(id);
    }
    this.#draw();
  }

  pick(row: string, how: Pick): void {
    this.#selection = pick(this.#order, this.#selection, row, how);
  }

  move(by: number, how: 'one' | 'range'): void {
    this.#selection = move(this.#order, this.#selection, by, how);
  }

  pickAll(): void {
    this.#selection = all(this.#order, this.#selection);
  }

  removeChosen(): Promise<boolean> {
    const rows = [...this.#selection.chosen];
    return rows.length === 0 ? Promise.resolve(false) : this.#calls.tell('removeRows', { rows });
  }

  removeAll(): Promise<boolean> {
    return this.#calls.tell('removeRows', { rows: 'all' });
  }

  removeFinished(): Promise<boolean> {
    return this.#calls.tell('removeRows', { rows: this.finished.map((row) => row.id) });
  }

  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    // Not a frame: a window that is hidden draws none, and would fall behind.
    setTimeout(() => {
      this.#drawing = false;
      const before = this.#order;
      this.#rows = [...this.#byId.values()];
      this.#selection = without(before, this.#order, this.#selection, (id) => this.#byId.has(id));
      const first = this.#listed ? this.#rows[0] : undefined;
      if (this.#selection.current === null && first) this.pick(first.id, 'one');
    }, 16);
  }
}
