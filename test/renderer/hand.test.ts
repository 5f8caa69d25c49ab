import { expect, test } from 'vitest';
import { Hand } from '../../renderer/screens/clean/viewer/hand.ts';

/** How long each of some moves is waited after, for a hand that is down. */
function rests(times: readonly number[]): number[] {
  const hand = new Hand();
  hand.down = true;
  return times.map((time) => hand.moved(time, true));
}

test('a key or a click is followed at once, whatever was dragged before', () => {
  const hand = new Hand();
  expect(hand.moved(1000, true)).toBe(0);
  hand.down = true;
  hand.moved(1016, true);
  hand.down = false;
  expect(hand.moved(1032, true)).toBe(0);
});

test('a hand that moves with each frame has come to rest after little more than one', () => {
  const moves = Array.from({ length: 10 }, (_, frame) => 1000 + (frame * 1000) / 60);
  for (const rest of rests(moves)) {
    expect(rest).toBeGreaterThan(1000 / 60);
    expect(rest).toBeLessThan(26);
  }
});

test('one that moves slowly is waited for until it rests longer than between its moves', () => {
  const [first, ...others] = rests([1000, 1036, 1072, 1108]);
  expect(first).toBe(24);
  for (const rest of others) expect(rest).toBeGreaterThan(36);
});

test('nobody waits longer than 60 ms, and after a longer rest it begins anew', () => {
  expect(rests([1000, 1055, 1110])).toEqual([24, 60, 60]);
  expect(rests([1000, 1055, 1200])).toEqual([24, 60, 24]);
});

test('a hand that goes on is followed now and then while nothing is shown of where it is', () => {
  const hand = new Hand();
  hand.down = true;
  const moves = Array.from({ length: 10 }, (_, at) => 1000 + 40 * at);
  const followed = (seen: boolean) => moves.filter((time) => hand.moved(time, seen) === 0);
  expect(followed(true)).toEqual([]);
  expect(followed(false)).toEqual([1120, 1280]);
  // Another time begins anew.
  expect(hand.moved(5000, false)).toBe(24);
});
