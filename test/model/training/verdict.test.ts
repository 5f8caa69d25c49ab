import { expect, test } from 'vitest';
import { verdictOf } from '../../../model/training/verdict.ts';

/** Validations every 100 steps; noisy pictures have 20 dB. */
const curve = (...psnrs: number[]) => psnrs.map((psnr, i) => ({ step: 100 * (i + 1), psnr, noisyPsnr: 20 }));
/** The same that began with a model, at step 0. */
const continued = (...psnrs: number[]) => psnrs.map((psnr, i) => ({ step: 100 * i, psnr, noisyPsnr: 20 }));

test('nothing is known before there are two points', () => {
  expect(verdictOf([])).toEqual({ code: 'not-yet-known' });
  expect(verdictOf(curve(15))).toEqual({ code: 'not-yet-known' });
  expect(verdictOf(curve(15, 15))).toEqual({ code: 'not-yet-known' });
});

test('what rises is learning, also while it is still worse than the noisy pictures, or has dipped once', () => {
  expect(verdictOf(curve(12, 14))).toEqual({ code: 'learning' });
  expect(verdictOf(curve(12, 14, 16, 18, 19))).toEqual({ code: 'learning' });
  expect(verdictOf(curve(22, 25, 26, 24))).toEqual({ code: 'learning' });
  expect(verdictOf(continued(28, 28.1))).toEqual({ code: 'learning' });
});

test('what has not gained over the last few, or the last quarter, has stopped improving', () => {
  expect(verdictOf(curve(22, 25, 26, 26, 26.01, 25.9))).toEqual({ code: 'stopped-improving', since: 300 });
  expect(verdictOf(continued(28, 27.9, 27.8, 27.9))).toEqual({ code: 'stopped-improving', since: 0 });
  const long = [...Array.from({ length: 17 }, (_, i) => 20 + i / 4), 24, 24, 24];
  expect(verdictOf(curve(...long))).toEqual({ code: 'learning' }); // three of twenty say nothing yet
  expect(verdictOf(curve(...long, 24, 24, 24))).toEqual({ code: 'stopped-improving', since: 1700 });
});

test('what is lost again, twice in a row or for good, has gone wrong', () => {
  expect(verdictOf(curve(22, 25, 20, 19))).toEqual({ code: 'gone-wrong', since: 300, why: 'diverged' });
  expect(verdictOf(curve(22, 25, NaN))).toEqual({ code: 'gone-wrong', since: 300, why: 'diverged' });
  expect(verdictOf(curve(NaN))).toEqual({ code: 'gone-wrong', since: 100, why: 'diverged' });
});

test('what stays worse than the noisy pictures has gone wrong', () => {
  expect(verdictOf(curve(18, 18, 18, 18))).toEqual({ code: 'gone-wrong', since: 100, why: 'worse' });
});
