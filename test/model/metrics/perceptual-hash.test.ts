import { expect, test } from 'vitest';
import type { Raster } from '../../../model/image.ts';
import { hashDistance, perceptualHash } from '../../../model/metrics/perceptual-hash.ts';
import { Random } from '../../../model/noise/random.ts';

/** A coarse random pattern, at any size, and brighter or noisier. */
function pattern(seed: number, side: number, { brighter = 0, noise = 0 } = {}): Raster<Uint8Array> {
  const coarse = Float32Array.from({ length: 12 * 12 }, () => new Random(seed).uniform());
  const random = new Random(seed).split('coarse');
  for (let i = 0; i < coarse.length; i++) coarse[i] = random.uniform();
  const grain = new Random(seed).split('grain');
  const samples = Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [Math.floor(((i % side) * 12) / side), Math.floor((Math.floor(i / side) * 12) / side)];
    return 20 + 180 * coarse[y * 12 + x]! + brighter + noise * (grain.uniform() - 0.5);
  });
  return { width: side, height: side, channels: 1, samples };
}

test('a copy that is smaller, brighter or noisier differs in a few bits', () => {
  const hash = perceptualHash(pattern(1, 96));
  for (const copy of [
    pattern(1, 48),
    pattern(1, 200),
    pattern(1, 96, { brighter: 20 }),
    pattern(1, 96, { noise: 10 }),
  ]) {
    expect(hashDistance(hash, perceptualHash(copy))).toBeLessThanOrEqual(6);
  }
});

test('different pictures differ in about half of the bits', () => {
  const hashes = Array.from({ length: 20 }, (_, seed) => perceptualHash(pattern(seed, 96)));
  const distances = hashes.slice(1).map((hash) => hashDistance(hash, hashes[0]!));
  expect(Math.min(...distances)).toBeGreaterThan(12);
  expect(distances.reduce((sum, distance) => sum + distance, 0) / distances.length).toBeCloseTo(32, -1);
});

test('the depth of a picture does not matter', () => {
  const { samples, ...size } = pattern(3, 64);
  const deep = { ...size, samples: Uint16Array.from(samples, (value) => 257 * value) };
  expect(perceptualHash(deep)).toBe(perceptualHash({ ...size, samples }));
});

test('distance counts the bits that differ', () => {
  expect(hashDistance(0b1010n, 0b0110n)).toBe(2);
  expect(hashDistance(2n ** 64n - 1n, 0n)).toBe(64);
});
