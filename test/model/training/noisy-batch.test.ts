import { describe, expect, test } from 'vitest';
import type { NoiseRange } from '../../../contract/noise.ts';
import { Random } from '../../../model/noise/random.ts';
import { addGaussian, addNoise, clipAndRound } from '../../../model/training/noisy-batch.ts';

const COUNT = 200;
const SIDE = 16;
const patches = {
  count: COUNT,
  side: SIDE,
  channels: 3,
  clean: new Float32Array(COUNT * SIDE * SIDE * 3).fill(0.5),
};
const gaussian = (low: number, high = low): NoiseRange => ({ kind: 'gaussian', low, high });
const choices = { ranges: [gaussian(0.05, 0.2)], clippedShare: 0, wrongFactorShare: 0, greyShare: 0 };

/** Standard deviation of the noise of each patch. */
function deviations({
  noisy,
  clean,
  count,
}: {
  noisy: Float32Array;
  clean: Float32Array;
  count: number;
}): number[] {
  const size = clean.length / count;
  return Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let j = i * size; j < (i + 1) * size; j++) sum += (noisy[j]! - clean[j]!) ** 2;
    return Math.sqrt(sum / size);
  });
}

/** Whether every value is what an 8-bit file can hold. */
function isAsInFiles(values: Float32Array): boolean {
  return values.every(
    (value) => value >= 0 && value <= 1 && Math.abs(value * 255 - Math.round(value * 255)) < 1e-4,
  );
}

test('the same stream gives the same noise', () => {
  const few = { ...patches, count: 2, clean: patches.clean.subarray(0, 2 * SIDE * SIDE * 3) };
  expect(addNoise(few, choices, new Random(1))).toEqual(addNoise(few, choices, new Random(1)));
  expect(addNoise(few, choices, new Random(1)).noisy).not.toEqual(
    addNoise(few, choices, new Random(2)).noisy,
  );
});

test('each patch has the noise factor it is told, drawn evenly from the range', () => {
  const batch = addNoise(patches, choices, new Random(1));
  // The standard error of a deviation measured on 768 samples is 2.6 %.
  deviations(batch).forEach((deviation, i) =>
    expect(Math.abs(deviation / batch.told[i]! - 1)).toBeLessThan(0.12),
  );
  const told = [...batch.told].sort((a, b) => a - b);
  expect(told[0]).toBeGreaterThanOrEqual(0.05);
  expect(told.at(-1)).toBeLessThanOrEqual(0.2);
  expect(told[COUNT / 2]).toBeCloseTo((0.05 + 0.2) / 2, 1);
});

test('noises of two ranges add up by their variances', () => {
  const ranges = [gaussian(0.03), { ...gaussian(0.04), kind: 'correlated' as const }];
  const batch = addNoise(patches, { ...choices, ranges }, new Random(1));
  expect(batch.told[0]).toBeCloseTo(Math.sqrt(0.03 ** 2 + 0.04 ** 2), 6);
  expect(deviations(batch)[0]).toBeCloseTo(0.05, 2);
});

describe('clipping and rounding', () => {
  const sized = patches.clean.length / COUNT;
  const clippedAmong = (clippedShare: number) => {
    const { noisy } = addNoise(patches, { ...choices, clippedShare }, new Random(2));
    return Array.from({ length: COUNT }, (_, i) => noisy.subarray(i * sized, (i + 1) * sized)).filter(
      isAsInFiles,
    ).length;
  };

  test('is done to the share of the patches that is asked for', () => {
    expect(clippedAmong(0)).toBe(0);
    expect(clippedAmong(1)).toBe(COUNT);
    expect(Math.abs(clippedAmong(0.5) - COUNT / 2)).toBeLessThan(30);
  });

  test('keeps what an 8-bit file would keep', () => {
    const values = Float32Array.of(-0.2, 0, 0.4 / 255, 0.6 / 255, 100.4 / 255, 1, 1.7);
    expect([...clipAndRound(values)].map((value) => Math.round(value * 255))).toEqual([
      0, 0, 0, 1, 100, 255, 255,
    ]);
    expect(isAsInFiles(values)).toBe(true);
  });
});

test('the share that is asked for is told a factor up to 15 % off', () => {
  const ranges = [gaussian(0.1)];
  const { told } = addNoise(patches, { ...choices, ranges, wrongFactorShare: 0.5 }, new Random(3));
  const errors = [...told].map((factor) => Math.abs(factor / 0.1 - 1));
  expect(Math.max(...errors)).toBeLessThan(0.1501);
  expect(Math.max(...errors)).toBeGreaterThan(0.1);
  expect(Math.abs(errors.filter((error) => error > 1e-6).length - COUNT / 2)).toBeLessThan(30);
});

test('noise factor 0 leaves the picture as it is', () => {
  const clean = Float32Array.of(0, 0.25, 1);
  expect(addGaussian(clean, 0, new Random(1))).toEqual(clean);
});

test('a patch that is made grey has three equal channels, clean and noisy', () => {
  const colours = Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => (i % 7) / 7);
  const { clean, noisy } = addNoise(
    { count: 1, side: 4, channels: 3, clean: colours },
    { ...choices, greyShare: 1 },
    new Random(1),
  );
  const channel = (values: Float32Array, c: number) => [...values].filter((_, i) => i % 3 === c);
  expect(channel(clean, 1)).toEqual(channel(clean, 0));
  expect(channel(noisy, 1)).toEqual(channel(noisy, 0));
  expect(channel(noisy, 2)).toEqual(channel(noisy, 0));
  expect(channel(noisy, 0)).not.toEqual(channel(clean, 0));
  expect(clean[0]).toBeCloseTo((0 / 7 + 1 / 7 + 2 / 7) / 3, 6);
});

test('with JPEG in the mixture, each patch is told the deviation it has', () => {
  const ramps = Float32Array.from(patches.clean, (_, i) => ((i * 7919) % 256) / 255);
  const ranges = [gaussian(0.02), { kind: 'jpeg' as const, low: 5, high: 60 }];
  const batch = addNoise({ ...patches, clean: ramps }, { ...choices, ranges }, new Random(1));
  deviations(batch).forEach((deviation, i) => expect(deviation).toBeCloseTo(batch.told[i]!, 6));
  expect(isAsInFiles(batch.noisy)).toBe(true);
});
