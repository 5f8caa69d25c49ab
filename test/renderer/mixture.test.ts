import { expect, test } from 'vitest';
import { factorsAround, Neighbours } from '../../renderer/screens/clean/viewer/mixture.ts';

test.each([
  [0.1, [0.085, 0.128, 0.057, 0.192]],
  [0.085, [0.057, 0.128, 0.038, 0.192]],
  [0.21, [0.22, 0.192, 0.128]],
  [0.22, [0.192, 0.128]],
  [0.002, [0.005, 0.007]],
  [0, [0.005, 0.007]],
])('from %f a hand is expected to go to %o', (factor, expected) => {
  expect(factorsAround(factor, 0.22)).toEqual(expected);
});

test('the slider of a model for hardly any noise has its end to go to', () => {
  expect(factorsAround(0.002, 0.004)).toEqual([0.004]);
});

test('a factor is mixed of the nearest on both sides whose pixels are there, each as much as it is near', () => {
  const neighbours = new Neighbours();
  neighbours.note('common', 'far below', 0.06);
  neighbours.note('common', 'too far below', 0.04);
  neighbours.note('common', 'below', 0.1);
  neighbours.note('common', 'above', 0.2);
  neighbours.note('other', 'of another picture', 0.12);
  const there = (content: string) => content;
  expect(neighbours.around('common', 0.125, there)).toEqual({
    lower: 'below',
    upper: 'above',
    share: expect.closeTo(0.25, 10) as number,
  });
  const missing = (content: string) => (content === 'below' ? null : content);
  expect(neighbours.around('common', 0.125, missing)).toEqual({
    lower: 'far below',
    upper: 'above',
    share: expect.closeTo((0.125 - 0.06) / 0.14, 10) as number,
  });
});

test('where a factor itself is there it is shown as it is, and beyond all others the nearest', () => {
  const neighbours = new Neighbours();
  neighbours.note('common', 'below', 0.1);
  neighbours.note('common', 'above', 0.2);
  const there = (content: string) => content;
  expect(neighbours.around('common', 0.1, there)).toEqual({ lower: 'below', upper: 'below', share: 0 });
  expect(neighbours.around('common', 0.3, there)).toEqual({ lower: 'above', upper: 'above', share: 0 });
  // Far away it is no mixture, and nearer than the picture with all its noise.
  expect(neighbours.around('common', 0.5, there)).toEqual({ lower: 'above', upper: 'above', share: 0 });
  expect(neighbours.around('common', 0.01, there)).toBeNull();
  // One alone that is no nearer than what is shown is worth nothing; between two, what is shown does not count.
  expect(neighbours.around('common', 0.3, there, 0.25)).toBeNull();
  expect(neighbours.around('common', 0.3, there, 0.15)).toMatchObject({ lower: 'above' });
  expect(neighbours.around('common', 0.15, there, 0.15)).toMatchObject({ lower: 'below', upper: 'above' });
  expect(neighbours.around('common', 0.15, () => null)).toBeNull();
  expect(neighbours.around('nothing', 0.15, there)).toBeNull();
  neighbours.forget();
  expect(neighbours.around('common', 0.15, there)).toBeNull();
});
