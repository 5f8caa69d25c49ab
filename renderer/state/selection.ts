/** Which rows of a list are chosen, and where a range begins. Pure: a list and a key press in, a selection out. */
export interface Selection {
  readonly chosen: ReadonlySet<string>;
  /** The row that keys move from, and that is shown. */
  readonly current: string | null;
  /** Where a range that is drawn with Shift begins. */
  readonly anchor: string | null;
}

export const nothingChosen: Selection = { chosen: new Set(), current: null, anchor: null };

export type Pick = 'one' | 'toggle' | 'range';

/** Chooses a row alone, with the others, or everything from the anchor to it. */
export function pick(order: readonly string[], now: Selection, row: string, how: Pick): Selection {
  if (how === 'toggle') {
    const chosen = new Set(now.chosen);
    if (!chosen.delete(row)) chosen.add(row);
    return { chosen, current: row, anchor: row };
  }
  const from = now.anchor === null ? -1 : order.indexOf(now.anchor);
  const to = order.indexOf(row);
  if (how === 'one' || from < 0 || to < 0) return { chosen: new Set([row]), current: row, anchor: row };
  const chosen = new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1));
  return { chosen, current: row, anchor: now.anchor };
}

/** Moves by a number of rows, kept within the list. */
export function move(order: readonly string[], now: Selection, by: number, how: 'one' | 'range'): Selection {
  if (order.length === 0) return nothingChosen;
  const at = now.current === null ? -1 : order.indexOf(now.current);
  const to = at < 0 ? 0 : Math.min(Math.max(at + by, 0), order.length - 1);
  return pick(order, now, order[to]!, how);
}

export function all(order: readonly string[], now: Selection): Selection {
  return { chosen: new Set(order), current: now.current ?? order[0] ?? null, anchor: order[0] ?? null };
}

/** After rows went: what is left of the selection, or the row that moved into the place of the current one. */
export function without(
  before: readonly string[],
  after: readonly string[],
  now: Selection,
  present: (row: string) => boolean,
): Selection {
  const chosen = new Set([...now.chosen].filter(present));
  if (now.current === null || present(now.current)) {
    return { ...now, chosen, anchor: now.anchor !== null && present(now.anchor) ? now.anchor : now.current };
  }
  const at = Math.max(0, before.indexOf(now.current));
  const gone = before.slice(0, at).filter((row) => !present(row)).length;
  const next = after[Math.min(at - gone, after.length - 1)] ?? null;
  if (next !== null && chosen.size === 0) chosen.add(next);
  return { chosen, current: next, anchor: next };
}
