import { expect, test } from 'vitest';
import { reconstructionError } from '../../../model/metrics/reconstruction-error.ts';
import { standardNormal } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';
import type { FloatImage, Raster } from '../../../model/image.ts';

const flat = (value: number): FloatImage => ({
  width: 200,
  height: 200,
  channels: 1,
  samples: new Float32Array(40_000).fill(value),
});

function noisyBy(factor: number): FloatImage {
  const random = new Random(1);
  const image = flat(0.5);
  return { ...image, samples: image.samples.map((value) => value + factor * standardNormal(random)) };
}

test('where exactly the noise was taken away it is 1, whatever the noise factor', () => {
  expect(reconstructionError(noisyBy(0.05), flat(0.5), 0.05, 1)).toBeCloseTo(1, 1);
  expect(reconstructionError(noisyBy(0.15), flat(0.5), 0.15, 1)).toBeCloseTo(1, 1);
});

test('what is taken beside the noise makes it larger', () => {
  expect(reconstructionError(noisyBy(0.05), flat(0.4), 0.05, 1)).toBeGreaterThan(2);
});

test('half the strength takes half, and counts as all of it', () => {
  const noisy = noisyBy(0.1);
  const half = { ...noisy, samples: noisy.samples.map((value) => (value + 0.5) / 2) };
  expect(reconstructionError(noisy, half, 0.1, 0.5)).toBeCloseTo(1, 1);
});

test('it is the same in 16 bit as in floats, and a part of a large picture stands for all of it', () => {
  const inSixteen = ({ samples, ...image }: FloatImage): Raster => ({
    ...image,
    samples: Uint16Array.from(samples, (value) => Math.min(1, Math.max(0, value)) * 65535),
  });
  const noisy = noisyBy(0.05);
  const float = reconstructionError(noisy, flat(0.5), 0.05, 1);
  expect(reconstructionError(inSixteen(noisy), inSixteen(flat(0.5)), 0.05, 1)).toBeCloseTo(float, 2);
  const wide = (image: FloatImage): FloatImage => {
    const samples = new Float32Array(100 * image.samples.length);
    for (let i = 0; i < 100; i++) samples.set(image.samples, i * image.samples.length);
    return { ...image, height: 100 * image.height, samples };
  };
  expect(reconstructionError(wide(noisy), wide(flat(0.5)), 0.05, 1)).toBeCloseTo(float, 2);
});
