import { expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { formatNoise, largestFactor, noiseKinds, parseNoise } from '../../contract/noise.ts';
import { trainingConfig } from '../../contract/train.ts';

test.each([
  'gaussian:0-0.22',
  'poisson-gaussian:0.01-0.1+jpeg:30-95',
  'speckle:0.1-0.5+correlated:0-1+salt-and-pepper:0-0.5',
  'gaussian:1e-7-0.1',
])('%s is read and written the same', (text) => {
  expect(formatNoise(parseNoise(text))).toBe(text);
});

test('one number is a range of one', () => {
  expect(parseNoise('jpeg:80')).toEqual([{ kind: 'jpeg', low: 80, high: 80 }]);
  expect(parseNoise(' gaussian:.1 + jpeg:80 ')).toHaveLength(2);
});

test.each([
  ['pepper:0-1', noiseKinds.join(', ')],
  ['gaussian', 'gaussian:0-0.22'],
  ['gaussian:0.3-0.1', 'gaussian:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 1'],
  ['gaussian:0-1.1', 'gaussian:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 1'],
  ['speckle:0-0.6', 'speckle:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 0.5'],
  ['salt-and-pepper:0.51', 'salt-and-pepper:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 0.5'],
  ['jpeg:0-90', 'jpeg:LOW-HIGH with 1 ≤ LOW ≤ HIGH ≤ 100, whole numbers'],
  ['jpeg:30.5-90', 'jpeg:LOW-HIGH with 1 ≤ LOW ≤ HIGH ≤ 100, whole numbers'],
  ['gaussian:0.1+', 'gaussian:0-0.22'],
])('%s is refused, saying what its kind takes', (text, expected) => {
  const parse = () => parseNoise(text);
  expect(parse).toThrow(AppError);
  expect(parse).toThrow(expected);
});

test('a training’s config holds each kind to its own limits', () => {
  const config = (noise: object) => ({
    folders: ['/pictures'],
    name: 'x',
    network: { kind: 'classic', channels: 1 },
    length: { steps: 1 },
    noise: [noise],
  });
  expect(trainingConfig.safeParse(config({ kind: 'jpeg', low: 30, high: 90 })).success).toBe(true);
  const refused = trainingConfig.safeParse(config({ kind: 'speckle', low: 0, high: 0.9 }));
  expect(refused.error!.issues[0]!.message).toContain('speckle:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 0.5');
});

test('the largest noise factor of a mixture adds up variances, JPEG by what it does to photographs', () => {
  expect(largestFactor(parseNoise('gaussian:0-0.03+correlated:0-0.04'))).toBeCloseTo(0.05, 10);
  expect(largestFactor(parseNoise('gaussian:1+correlated:1'))).toBe(1);
  expect(largestFactor(parseNoise('jpeg:10-90'))).toBeCloseTo(0.08, 10);
  expect(largestFactor(parseNoise('jpeg:40'))).toBeCloseTo((0.055 + 0.045) / 2, 10);
  expect(largestFactor(parseNoise('jpeg:1'))).toBeCloseTo(0.13, 10);
});
