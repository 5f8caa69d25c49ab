import { expect, test } from 'vitest';
import type { Raster } from '../../../model/image.ts';
import { coverHiddenColour, restoreHiddenColour } from '../../../model/inference/hidden-colour.ts';

const grey = (width: number, values: number[]): Raster => ({
  width,
  height: values.length / width,
  channels: 1,
  samples: Uint8Array.from(values),
});

test('hidden pixels take the colour of the nearest visible pixel of their row', () => {
  const picture = grey(6, [0, 50, 0, 0, 0, 90]);
  const alpha = grey(6, [0, 255, 0, 0, 0, 1]);
  expect([...coverHiddenColour(picture, alpha).samples]).toEqual([50, 50, 50, 50, 90, 90]);
});

test('rows without anything visible take the nearest row', () => {
  const picture = grey(1, [0, 10, 0, 0, 0, 20, 0]);
  const alpha = grey(1, [0, 255, 0, 0, 0, 255, 0]);
  expect([...coverHiddenColour(picture, alpha).samples]).toEqual([10, 10, 10, 10, 20, 20, 20]);
});

test('a picture with nothing hidden, or nothing visible, is not changed', () => {
  const picture = grey(2, [1, 2]);
  expect(coverHiddenColour(picture, grey(2, [255, 3]))).toBe(picture);
  expect([...coverHiddenColour(picture, grey(2, [0, 0])).samples]).toEqual([1, 2]);
});

test('the colour of the file comes back under hidden pixels only', () => {
  const original = grey(3, [7, 8, 9]);
  const denoised = grey(3, [1, 2, 3]);
  restoreHiddenColour(denoised, original, grey(3, [0, 255, 0]));
  expect([...denoised.samples]).toEqual([7, 2, 9]);
});

test('all channels of a colour picture are covered', () => {
  const picture: Raster = { width: 2, height: 1, channels: 3, samples: Uint8Array.from([0, 0, 0, 4, 5, 6]) };
  expect([...coverHiddenColour(picture, grey(2, [0, 255])).samples]).toEqual([4, 5, 6, 4, 5, 6]);
});
