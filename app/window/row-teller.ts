import type { WindowHub } from './window-hub.ts';
import { shownRow, type Row } from './row.ts';

/** Rows in one event, and the time between two events: a window that draws is not to be flooded. */
const mostRows = 500;
const betweenMs = 100;

/** Tells windows of rows that changed, each as it is when it is told. */
export class RowTeller {
  readonly #hub: WindowHub;
  readonly #find: (id: string) => Row | null;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #last = -Infinity;

  constructor(hub: WindowHub, find: (id: string) => Row | null) {
    this.#hub = hub;
    this.#find = find;
  }

  tell(id: string): void {
    this.#changed.add(id);
    this.#schedule();
  }

  tellRemoved(ids: readonly string[]): void {
    for (const id of ids) this.#changed.delete(id);
    this.#hub.emit({ type: 'rows-removed', rows: ids });
  }

  /** Tells of everything that waits to be told, before something is told that builds on it. */
  flush(): void {
    while (this.#changed.size > 0) this.#emit();
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#changed.clear();
  }

  #schedule(): void {
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + betweenMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#emit();
      if (this.#changed.size > 0) this.#schedule();
    }, wait);
    this.#timer.unref();
  }

  #emit(): void {
    this.#last = performance.now();
    const ids = [...this.#changed].slice(0, mostRows);
    for (const id of ids) this.#changed.delete(id);
    const rows = ids.flatMap((id) => {
      const row = this.#find(id);
      return row ? [shownRow(row)] : [];
    });
    if (rows.length > 0) this.#hub.emit({ type: 'rows', rows });
  }
}
