import { expect, test } from 'vitest';
import type { QueueRow } from '../../contract/batch.ts';
import { outcomeStands } from '../../renderer/screens/clean/batch/outcome-stands.ts';

const ended = (done: number, failed: number, kept = 0) => ({ counts: { all: done + failed + kept, done, unchanged: 0, failed, kept } }); // prettier-ignore
const rowsIn = (...states: QueueRow['state'][]) => states.map((state) => ({ state }) as QueueRow);

test('how a batch ended is shown as long as a result of it is in the list', () => {
  expect(outcomeStands(ended(2, 1), rowsIn('done', 'ready', 'failed'))).toBe(true);
  expect(outcomeStands(ended(1, 0), rowsIn('unchanged'))).toBe(true);
  expect(outcomeStands(ended(0, 1, 1), rowsIn('kept', 'failed'))).toBe(true);
});

test('it is not shown beside other pictures, nor when its results were undone', () => {
  expect(outcomeStands(ended(2, 1), rowsIn('ready', 'ready'))).toBe(false);
  expect(outcomeStands(ended(2, 1), rowsIn('ready', 'ready', 'failed'))).toBe(false);
  expect(outcomeStands(ended(0, 2), rowsIn('ready', 'found'))).toBe(false);
});

test('a batch that was stopped before its first result is told of, and one of which everything failed', () => {
  expect(outcomeStands(ended(0, 0), rowsIn('ready'))).toBe(true);
  expect(outcomeStands(ended(0, 2), rowsIn('failed', 'failed'))).toBe(true);
});
