import { expect, test } from 'vitest';
import { unlikeByError, unlikeTraining, type FamiliarPictures } from '../../contract/familiar.ts';

const familiar: FamiliarPictures = {
  sides: { low: 1000, high: 3000 },
  noiseFactors: { low: 0.02, high: 0.1 },
  bitDepths: [8],
  grey: false,
  colour: true,
  error: { mean: 1, deviation: 0.2, pictures: 24 },
};
const summary = { width: 3000, height: 2000, channels: 3, bitDepth: 8 } as const;
const codes = (changes: object, noiseFactor = 0.05) =>
  unlikeTraining(familiar, { summary: { ...summary, ...changes }, noiseFactor }).map(({ code }) => code);

test('a picture like those of the training has nothing to be warned of, nor has one of a model that does not say', () => {
  expect(codes({})).toEqual([]);
  expect(codes({}, 0.11)).toEqual([]);
  expect(codes({ width: 1200, height: 800 })).toEqual([]);
  expect(unlikeTraining(undefined, { summary, noiseFactor: 0.9 })).toEqual([]);
});

test.each([
  [{}, 0.2, 'unlike-noise'],
  [{}, 0.005, 'unlike-noise'],
  [{ width: 640, height: 400 }, 0.05, 'unlike-size'],
  [{ width: 9000, height: 7000 }, 0.05, 'unlike-size'],
  [{ channels: 1 }, 0.05, 'unlike-grey'],
  [{ bitDepth: 16 }, 0.05, 'unlike-depth'],
] as const)('a picture with %j and noise factor %d is unlike them: %s', (changes, noiseFactor, code) => {
  expect(codes(changes, noiseFactor)).toEqual([code]);
});

test('an error above the mean by more than a standard deviation is told, one below is not', () => {
  expect(unlikeByError(familiar, 1.2)).toEqual([]);
  expect(unlikeByError(familiar, 1.21)).toEqual([
    { code: 'unlike-error', details: { error: '1.21', most: '1.20' } },
  ]);
  expect(unlikeByError(familiar, null)).toEqual([]);
  expect(unlikeByError({ ...familiar, error: null }, 9)).toEqual([]);
  expect(unlikeByError(undefined, 9)).toEqual([]);
});
