import { expect, test } from 'vitest';
import { learningRateAt } from '../../../model/training/schedule.ts';

const schedule = { learningRate: 1e-3, warmUpSteps: 100, schedule: 'cosine' } as const;

test('the learning rate rises in equal steps while it warms up', () => {
  expect(learningRateAt(schedule, 0, 0)).toBeCloseTo(1e-3 / 100, 10);
  expect(learningRateAt(schedule, 49, 0)).toBeCloseTo(1e-3 / 2, 10);
  expect(learningRateAt(schedule, 99, 0)).toBeCloseTo(1e-3, 10);
});

test('after the warm-up it falls by half a cosine to a thousandth of its peak', () => {
  expect(learningRateAt(schedule, 500, 0.5)).toBeCloseTo((1e-3 + 1e-6) / 2, 10);
  expect(learningRateAt(schedule, 500, 1)).toBeCloseTo(1e-6, 12);
  expect(learningRateAt(schedule, 500, 1.1)).toBeCloseTo(1e-6, 12);
});

test('without warm-up it starts at its peak', () => {
  expect(learningRateAt({ ...schedule, warmUpSteps: 0 }, 0, 0)).toBe(1e-3);
});

test('a constant one rises as well and then stays at its peak to the end', () => {
  const constant = { ...schedule, schedule: 'constant' } as const;
  expect(learningRateAt(constant, 49, 0.1)).toBeCloseTo(1e-3 / 2, 10);
  expect(learningRateAt(constant, 500, 0.5)).toBe(1e-3);
  expect(learningRateAt(constant, 500, 1)).toBe(1e-3);
});
