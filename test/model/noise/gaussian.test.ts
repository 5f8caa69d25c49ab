import { expect, test } from 'vitest';
import { gaussianInto } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';

const COUNT = 1_000_000;

function normals(seed: number, count = COUNT): Float32Array {
  const values = new Float32Array(count);
  gaussianInto(new Random(seed), values);
  return values;
}

test('the same seed gives the same noise', () => {
  expect(normals(1, 1000)).toEqual(normals(1, 1000));
  expect(normals(1, 1000)).not.toEqual(normals(2, 1000));
});

test('mean, variance, skewness and kurtosis are those of the normal distribution', () => {
  const moments = [0, 0, 0, 0];
  for (const value of normals(3)) for (let k = 0; k < 4; k++) moments[k]! += value ** (k + 1) / COUNT;
  // Standard errors of a million draws: 1, 1.4, 3.9 and 9.8 thousandths.
  expect(Math.abs(moments[0]!)).toBeLessThan(0.005);
  expect(Math.abs(moments[1]! - 1)).toBeLessThan(0.007);
  expect(Math.abs(moments[2]!)).toBeLessThan(0.02);
  expect(Math.abs(moments[3]! - 3)).toBeLessThan(0.05);
});

// Shares beyond z on either side, from tables of the normal distribution; 3.443 is where the tail's own method begins.
test.each([
  [0.1, 0.920344],
  [0.5, 0.617075],
  [1, 0.317311],
  [2, 0.0455],
  [3, 0.0026998],
  [3.6, 0.00031822],
])('the share beyond ±%d is %d', (z, share) => {
  const beyond = normals(4).reduce((count, value) => count + (Math.abs(value) > z ? 1 : 0), 0) / COUNT;
  const standardError = Math.sqrt((share * (1 - share)) / COUNT);
  expect(Math.abs(beyond - share)).toBeLessThan(5 * standardError);
});

test('neighbours are independent', () => {
  const values = normals(5);
  let covariance = 0;
  for (let i = 1; i < COUNT; i++) covariance += (values[i]! * values[i - 1]!) / COUNT;
  expect(Math.abs(covariance)).toBeLessThan(0.005);
});
