import { expect, test } from 'vitest';
import { bestBlur, bestMedian } from '../../../model/baselines/best-baseline.ts';
import { gaussianBlur } from '../../../model/baselines/gaussian-blur.ts';
import { medianFilter } from '../../../model/baselines/median.ts';
import type { FloatImage, Raster } from '../../../model/image.ts';
import { toFloat } from '../../../model/metrics/compare.ts';
import { psnr } from '../../../model/metrics/psnr.ts';
import { noise8 } from '../../fixtures/pictures.ts';

const signal = new AbortController().signal;
const bytes = (width: number, height: number, channels: 1 | 3): Raster<Uint8Array> => ({
  width,
  height,
  channels,
  samples: noise8(width * height * channels),
});

test.each([1, 2, 3])('the moving median is the middle of the sorted square of radius %i', (radius) => {
  for (const [width, height, channels] of [
    [11, 9, 3],
    [2, 5, 1],
    [1, 1, 1],
  ] as const) {
    // prettier-ignore
    const image = bytes(width, height, channels);
    const clamp = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
    const expected = image.samples.map((_, i) => {
      const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
      const around: number[] = [];
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          around.push(image.samples[(clamp(y + dy, height) * width + clamp(x + dx, width)) * channels + c]!);
        }
      }
      return around.sort((a, b) => a - b)[around.length >> 1]!;
    });
    expect(medianFilter(image, radius).samples).toEqual(expected);
  }
});

test('a blur spreads a point by the bell of its width, and leaves an even picture as it is', () => {
  const point: FloatImage = { width: 21, height: 21, channels: 1, samples: new Float32Array(441) };
  point.samples[10 * 21 + 10] = 1;
  const { samples } = gaussianBlur(point, 1.4);
  const at = (x: number, y: number) => samples[(10 + y) * 21 + 10 + x]!;
  expect(at(1, 0) / at(0, 0)).toBeCloseTo(Math.exp(-1 / (2 * 1.4 ** 2)), 5);
  expect(at(2, 3) / at(0, 0)).toBeCloseTo(Math.exp(-13 / (2 * 1.4 ** 2)), 5);
  expect(samples.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  const even: FloatImage = { width: 7, height: 4, channels: 3, samples: new Float32Array(84).fill(0.3) };
  for (const value of gaussianBlur(even, 2).samples) expect(value).toBeCloseTo(0.3, 5);
});

test('the best of the widths beats the noisy picture, and is none of the others', async () => {
  const clean: Raster<Uint8Array> = { ...bytes(48, 48, 3) };
  for (let i = 0; i < clean.samples.length; i++) clean.samples[i] = 60 + (Math.floor(i / 3) % 48) * 2;
  const grain = noise8(clean.samples.length, 3);
  const noisy = { ...clean, samples: clean.samples.map((value, i) => value + (grain[i]! % 41) - 20) };
  const task = { noisy, inside: (image: FloatImage) => image, clean: toFloat(clean), signal };
  const score = (image: FloatImage) => psnr(image.samples, task.clean.samples, 1);
  const [blur, median] = [score(await bestBlur(task)), score(await bestMedian(task))];
  expect(blur).toBeGreaterThan(score(toFloat(noisy)) + 5);
  expect(median).toBeGreaterThan(score(toFloat(noisy)) + 5);
  for (const sigma of [0.5, 0.7, 1, 1.4, 2]) {
    expect(blur).toBeGreaterThanOrEqual(score(gaussianBlur(toFloat(noisy), sigma)));
  }
});
