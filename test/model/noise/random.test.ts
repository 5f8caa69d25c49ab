import { expect, test } from 'vitest';
import { Random } from '../../../model/noise/random.ts';

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.uniform());

test('the same seed gives the same numbers, another seed others', () => {
  expect(draws(new Random(7), 5)).toEqual(draws(new Random(7), 5));
  expect(draws(new Random(7), 5)).not.toEqual(draws(new Random(8), 5));
});

test('the generator is xoshiro128**', () => {
  // Written again from the paper, with the state that the seed is spread over.
  const random = new Random(1);
  const state = stateOf(1);
  const rotate = (x: number, k: number) => ((x << k) | (x >>> (32 - k))) >>> 0;
  for (let i = 0; i < 1000; i++) {
    const expected = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const t = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= t;
    state[3] = rotate(state[3]!, 11);
    expect(random.int32() >>> 0).toBe(expected);
  }
});

/** MurmurHash3's finaliser of the seed plus multiples of the golden ratio. */
function stateOf(seed: number): number[] {
  return [1, 2, 3, 4].map((k) => {
    let h = (seed + k * 0x9e3779b9) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    return k === 4 ? h | 1 : h;
  });
}

test('a stream does not depend on what was drawn before it was split off', () => {
  const fresh = new Random(3);
  const used = new Random(3);
  draws(used, 100);
  expect(draws(used.split('crops').split(12), 5)).toEqual(draws(fresh.split('crops').split(12), 5));
});

test('neighbouring streams and seeds have nothing in common', () => {
  const root = new Random(0);
  const streams = [root, new Random(1), root.split(0), root.split(1), root.split('0'), root.split(2 ** 32)];
  const firsts = streams.map((stream) => stream.int32());
  expect(new Set(firsts).size).toBe(firsts.length);
  // Bits of consecutive streams agree in half of the places, like those of unrelated numbers.
  let equalBits = 0;
  for (let i = 0; i < 1000; i++) {
    let difference = root.split(i).int32() ^ root.split(i + 1).int32();
    for (; difference !== 0; difference &= difference - 1) equalBits++;
  }
  expect(equalBits / 32_000).toBeCloseTo(0.5, 1);
});

test('uniform numbers fill [0, 1) evenly', () => {
  const random = new Random(11);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[Math.floor(10 * random.uniform())]!++;
  // The standard deviation of a count is 95.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test('below(n) gives every integer from 0 to n − 1 and no other', () => {
  const random = new Random(5);
  expect(new Set(Array.from({ length: 500 }, () => random.below(6)))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
});

test('a shuffled list has the same members, and every order comes up', () => {
  const random = new Random(9);
  const orders = new Set(Array.from({ length: 200 }, () => random.shuffle([1, 2, 3]).join('')));
  expect([...orders].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
});
