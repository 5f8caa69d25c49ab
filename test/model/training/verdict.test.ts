import { expect, test } from 'vitest';
import { verdictOf } from '../../../model/training/verdict.ts';

/** Validations every 100 steps; noisy pictures have 20 dB. */
const curve = (...psnrs: number[]) => psnrs.map((psnr, i) => ({ step: 100 * (i + 1), psnr, noisyPsnr: 20 }));
/** The same that began with a model, at step 0. */
const continued = (...psnrs: number[]) => psnrs.map((psnr, i) => ({ step: 100 * i, psnr, noisyPsnr: 20 }));
const repeated = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));
const steps = 2000;

test('nothing is known before there are two points', () => {
  expect(verdictOf([], steps)).toEqual({ code: 'not-yet-known' });
  expect(verdictOf(curve(15), steps)).toEqual({ code: 'not-yet-known' });
  expect(verdictOf(curve(15, 15), steps)).toEqual({ code: 'not-yet-known' });
});

test('what rises is learning, also while it is still worse than the noisy pictures, or has dipped once', () => {
  expect(verdictOf(curve(12, 14), steps)).toEqual({ code: 'learning' });
  expect(verdictOf(curve(12, 14, 16, 18, 19), steps)).toEqual({ code: 'learning' });
  expect(verdictOf(curve(22, 25, 26, 24.6), steps)).toEqual({ code: 'learning' });
  expect(verdictOf(continued(28, 28.1), steps)).toEqual({ code: 'learning' });
});

test('ten validations without a gain are needed to say that it has stopped improving', () => {
  const still = repeated(10, (i) => 26 - (i % 2) / 100);
  expect(verdictOf(curve(22, 25, 26, ...still.slice(1)), steps)).toEqual({ code: 'learning' });
  expect(verdictOf(curve(22, 25, 26, ...still), steps)).toEqual({ code: 'stopped-improving', since: 300 });
  expect(verdictOf(continued(28, ...repeated(10, () => 27.9)), steps)).toEqual({
    code: 'stopped-improving',
    since: 0,
  });
});

test('a long training is waited for longer: 15 % of its planned steps', () => {
  const still = [22, 25, 26, ...repeated(14, () => 26)];
  expect(verdictOf(curve(...still), 10_000)).toEqual({ code: 'learning' }); // 1400 of 10,000 steps
  expect(verdictOf(curve(...still, 26), 10_000)).toEqual({ code: 'stopped-improving', since: 300 });
  const soon = continued(28, ...repeated(6, (i) => 28.3 + i / 1000)).map((point) => ({
    ...point,
    step: point.step / 10,
  }));
  expect(verdictOf(soon, 962)).toEqual({ code: 'learning' }); // step 60 of 962
});

test('a slow but steady gain is a gain; one that is lost in what comes and goes is none', () => {
  expect(verdictOf(curve(...repeated(20, (i) => 25 + i * 0.005)), steps)).toEqual({ code: 'learning' });
  const before = [24, ...repeated(10, (i) => 26 + 0.1 * (-1) ** i)];
  expect(verdictOf(curve(...before, ...repeated(10, (i) => 26.04 + 0.1 * (-1) ** i)), steps)).toEqual({
    code: 'stopped-improving',
    since: 200,
  });
  expect(verdictOf(curve(...before, ...repeated(10, (i) => 26.4 + 0.1 * (-1) ** i)), steps)).toEqual({
    code: 'learning',
  });
});

test('what is lost again, twice in a row or for good, has gone wrong', () => {
  const lost = { code: 'gone-wrong', since: 300, why: 'diverged' };
  expect(verdictOf(curve(22, 25, 20, 19), steps)).toEqual(lost);
  expect(verdictOf(curve(22, 25, NaN), steps)).toEqual(lost);
  expect(verdictOf(curve(NaN), steps)).toEqual({ ...lost, since: 100 });
});

test('what stays worse than the noisy pictures has gone wrong, and more than its first steps are waited for', () => {
  const worse = { code: 'gone-wrong', since: 100, why: 'worse' };
  expect(verdictOf(curve(18, 18, 18, 18, 18), steps)).toEqual(worse);
  expect(verdictOf(curve(18, 18, 18, 18), steps)).toEqual({ code: 'not-yet-known' });
  expect(verdictOf(curve(18, 18, 18, 18, 18), 10_000)).toEqual({ code: 'not-yet-known' });
});
