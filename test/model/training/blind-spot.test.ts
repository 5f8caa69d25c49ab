import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { Random } from '../../../model/noise/random.ts';
import { losses } from '../../../model/objectives/losses.ts';
import { blindSpotCase, hideInBatch } from '../../../model/training/blind-spot.ts';

beforeAll(() => tf.setBackend('cpu'));

const SIDE = 16;
const random = () => new Random(3);
const patches = (channels: number) => ({
  count: 2,
  side: SIDE,
  channels,
  clean: Float32Array.from({ length: 2 * SIDE * SIDE * channels }, (_, i) => ((i * 7919) % 9973) / 9973),
});
const told = Float32Array.of(0.1, 0.2);

test('one pixel of each 8 × 8 is hidden, in all channels, and counts; the others stay and do not', () => {
  const given = patches(3);
  const batch = hideInBatch(given, told, random());
  expect(batch.clean).toEqual(given.clean);
  expect(batch.told).toBe(told);
  const counted = batch.counted!;
  expect(counted.reduce((sum, value) => sum + value, 0)).toBe((2 * SIDE * SIDE) / 64);
  for (let pixel = 0; pixel < counted.length; pixel++) {
    const same = [0, 1, 2].map((c) => batch.noisy[3 * pixel + c] === batch.clean[3 * pixel + c]);
    if (!counted[pixel]) expect(same).toEqual([true, true, true]);
    else expect(same).not.toContain(true);
  }
});

test('what stands in is a pixel at most two away, never the pixel itself', () => {
  const numbered = Float32Array.from({ length: SIDE * SIDE }, (_, i) => i);
  const away = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const given = { count: 1, side: SIDE, channels: 1, clean: numbered };
    const { noisy, counted } = hideInBatch(given, told, new Random(seed));
    for (const [at, counts] of counted!.entries()) {
      if (!counts) continue;
      const from = noisy[at]!;
      const [across, down] = [(from % SIDE) - (at % SIDE), Math.floor(from / SIDE) - Math.floor(at / SIDE)];
      expect(Math.max(Math.abs(across), Math.abs(down))).toBeLessThanOrEqual(2);
      away.add(`${across} ${down}`);
    }
  }
  expect(away.size).toBe(24);
  expect(away).not.toContain('0 0');
});

test('the same random stream hides the same pixels, another one others', () => {
  const counted = (seed: number) => hideInBatch(patches(1), told, new Random(seed)).counted;
  expect(counted(1)).toEqual(counted(1));
  expect(counted(1)).not.toEqual(counted(2));
});

test('the loss has no gradient but at the hidden pixels', () => {
  const { clean, counted } = hideInBatch(patches(1), told, random());
  const shape: [number, number, number, number] = [2, SIDE, SIDE, 1];
  const target = tf.tensor4d(clean, shape);
  const mask = tf.tensor4d(counted!, shape);
  const gradient = tf.grad((answer) => losses['mean-squared-error'](answer as tf.Tensor4D, target, mask));
  const slopes = gradient(tf.fill(shape, 2)).dataSync();
  expect([...slopes].map((slope) => slope !== 0)).toEqual([...counted!].map((value) => value === 1));
});

test('a picture for validation counts the hidden values against what they were', () => {
  const image = {
    width: 20,
    height: 12,
    channels: 3 as const,
    samples: patches(3).clean.slice(0, 20 * 12 * 3),
  };
  const { noisy, target, counted } = blindSpotCase(image, 0.1, false, random());
  expect(target).toBe(image.samples);
  expect(counted).toHaveLength(3 * 2 * 3); // 3 × 2 squares, the last of each row and column cut off, 3 channels
  const changed = [...noisy.samples].flatMap((value, i) => (value === target[i] ? [] : [i]));
  expect(changed).toEqual([...counted!].sort((a, b) => a - b));
});
