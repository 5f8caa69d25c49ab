import { expect, test } from 'vitest';
import { all, move, nothingChosen, pick, without } from '../../renderer/state/selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const chosen = (selection: { chosen: ReadonlySet<string> }) => [...selection.chosen].sort();

test('a click chooses one alone', () => {
  const first = pick(order, nothingChosen, 'b', 'one');
  expect(chosen(pick(order, first, 'd', 'one'))).toEqual(['d']);
});

test('Shift chooses from the anchor, in both directions, and keeps the anchor', () => {
  const from = pick(order, nothingChosen, 'c', 'one');
  const down = pick(order, from, 'e', 'range');
  expect(chosen(down)).toEqual(['c', 'd', 'e']);
  expect(chosen(pick(order, down, 'a', 'range'))).toEqual(['a', 'b', 'c']);
});

test('a toggle takes one in and out and leaves the others', () => {
  const two = pick(order, pick(order, nothingChosen, 'a', 'one'), 'c', 'toggle');
  expect(chosen(two)).toEqual(['a', 'c']);
  expect(chosen(pick(order, two, 'a', 'toggle'))).toEqual(['c']);
});

test('keys stop at both ends of the list', () => {
  const last = move(order, nothingChosen, 0, 'one');
  expect(last.current).toBe('a');
  expect(move(order, last, -5, 'one').current).toBe('a');
  expect(move(order, last, Infinity, 'one').current).toBe('e');
  expect(move([], last, 1, 'one')).toBe(nothingChosen);
});

test('Shift and arrow widen the range by one', () => {
  const start = pick(order, nothingChosen, 'b', 'one');
  expect(chosen(move(order, move(order, start, 1, 'range'), 1, 'range'))).toEqual(['b', 'c', 'd']);
});

test('everything is chosen, and the row that is looked at stays', () => {
  expect(all(order, pick(order, nothingChosen, 'd', 'one'))).toMatchObject({ current: 'd' });
  expect(all(order, nothingChosen).chosen.size).toBe(order.length);
});

test('when the current row goes, the one that moves into its place is looked at', () => {
  const now = pick(order, nothingChosen, 'c', 'one');
  const after = ['a', 'b', 'd', 'e'];
  const left = without(order, after, now, (row) => after.includes(row));
  expect(left.current).toBe('d');
  expect(chosen(left)).toEqual(['d']);
});

test('when the last row goes, the one before it is looked at; when all go, none', () => {
  const now = pick(order, nothingChosen, 'e', 'one');
  expect(without(order, ['a', 'b'], now, (row) => row < 'c').current).toBe('b');
  expect(without(order, [], now, () => false).current).toBeNull();
});

test('rows that go elsewhere leave the selection as it is', () => {
  const now = pick(order, nothingChosen, 'b', 'one');
  const after = ['a', 'b'];
  expect(without(order, after, now, (row) => after.includes(row))).toEqual(now);
});
