import type { BatchState, QueueRow } from '../../../../contract/batch.ts';

const results: readonly QueueRow['state'][] = ['done', 'unchanged', 'kept'];

/**
 * Whether how a batch ended is still of interest beside these pictures: not when it was undone, and not when what it
 * worked on has left the list for other pictures.
 */
export function outcomeStands({ counts }: Pick<BatchState, 'counts'>, rows: readonly QueueRow[]): boolean {
  const anyIn = (states: readonly QueueRow['state'][]) => rows.some(({ state }) => states.includes(state));
  if (counts.done + counts.kept > 0) return anyIn(results);
  return counts.failed === 0 || anyIn(['failed']);
}
