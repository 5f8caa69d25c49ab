import { expect, test } from 'vitest';
import { ByteBound, Kept } from '../../../engine/views/kept.ts';

const keptOf = (bound: ByteBound) => new Kept<string>(bound, (value) => value.length);

test('what was not used for the longest goes when there is too much', () => {
  const bound = new ByteBound(10);
  const [one, other] = [keptOf(bound), keptOf(bound)];
  one.set('a', '1234');
  other.set('a', '5678');
  expect(one.get('a')).toBe('1234'); // used again
  one.set('b', '90ab');
  expect([one.get('a'), other.get('a'), one.get('b')]).toEqual(['1234', undefined, '90ab']);
  expect(bound.bytes).toBe(8);
});

test('the newest stays even where it is too large; a lower limit counts at once', () => {
  const bound = new ByteBound(10);
  const kept = keptOf(bound);
  kept.set('a', '1234');
  kept.set('large', 'x'.repeat(40));
  expect([kept.get('a'), kept.get('large')?.length, bound.bytes]).toEqual([undefined, 40, 40]);
  kept.set('b', '12');
  expect([kept.get('large'), bound.bytes]).toEqual([undefined, 2]);
  kept.set('c', '12');
  bound.limitTo(3);
  expect([kept.get('b'), kept.get('c')]).toEqual([undefined, '12']);
});

test('what is kept under names that begin alike is listed, which is no use of it', () => {
  const bound = new ByteBound(10);
  const kept = keptOf(bound);
  kept.set('1 a', '1234');
  kept.set('2 a', '5678');
  expect(kept.beginning('1 ')).toEqual([{ name: '1 a', value: '1234' }]);
  kept.set('2 b', '90ab');
  expect(kept.beginning('1 ')).toEqual([]);
  expect(kept.beginning('2 ').map(({ name }) => name)).toEqual(['2 a', '2 b']);
});

test('a value that is set anew counts once', () => {
  const bound = new ByteBound(10);
  const kept = keptOf(bound);
  for (const value of ['1', '12', '123']) kept.set('a', value);
  expect([kept.get('a'), bound.bytes]).toEqual(['123', 3]);
});

test('once closed it keeps nothing, also of what comes late', () => {
  const bound = new ByteBound(10);
  const kept = keptOf(bound);
  kept.set('a', '1234');
  kept.close();
  kept.set('b', '1234');
  expect([kept.get('a'), kept.get('b'), bound.bytes]).toEqual([undefined, undefined, 0]);
});
