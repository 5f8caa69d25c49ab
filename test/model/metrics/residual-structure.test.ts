import { describe, expect, test } from 'vitest';
import { gaussianBlur } from '../../../model/baselines/gaussian-blur.ts';
import { medianFilter } from '../../../model/baselines/median.ts';
import type { FloatImage, Raster } from '../../../model/image.ts';
import { roundedToEightBit, toFloat } from '../../../model/metrics/compare.ts';
import { judgeResidual } from '../../../model/metrics/residual-structure.ts';
import { addNoiseField } from '../../../model/noise/noise-field.ts';

/** Soft slopes, edges, and fine stripes below. */
function scene(channels: 1 | 3): FloatImage {
  const side = 288;
  const samples = Float32Array.from({ length: side * side * channels }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % side, Math.floor(i / channels / side)];
    const edge = Math.hypot(x - 150, y - 120) < 70 ? 0.25 : 0;
    const stripes = y > 180 ? 0.12 * Math.sin(0.9 * x + 0.6 * y) : 0;
    return 0.3 + (0.2 * x) / side + edge + stripes;
  });
  return { width: side, height: side, channels, samples };
}

const noiseOf = (like: FloatImage, seed = 5): FloatImage => {
  const noise = { ...like, samples: new Float32Array(like.samples.length) };
  addNoiseField(noise, { x: 0, y: 0 }, { kind: 'gaussian', noiseFactor: 1, seed, page: 0 });
  return noise;
};
const plus = (clean: FloatImage, noise: FloatImage, factor: (value: number) => number): FloatImage =>
  roundedToEightBit({
    ...clean,
    samples: clean.samples.map((value, i) => value + factor(value) * noise.samples[i]!),
  });

describe.each([1, 3] as const)('of a picture with %i channels', (channels) => {
  const clean = scene(channels);
  const noise = noiseOf(clean);
  const noisy = plus(clean, noise, () => 0.08);

  test('white noise is noise only, and its strength is told', () => {
    const { verdict, structure, removed } = judgeResidual(noisy, clean);
    expect(verdict).toBe('noise-only');
    expect(structure).toBeLessThan(0.018);
    expect(removed).toBeCloseTo(0.08, 2);
  });

  test('noise that is smooth, or stronger where it is bright, is noise only as well', () => {
    for (const sigma of [0.7, 1.2]) {
      const smooth = gaussianBlur(noise, sigma);
      expect(
        judgeResidual(
          plus(clean, smooth, () => 0.2),
          clean,
        ).verdict,
      ).toBe('noise-only');
    }
    expect(
      judgeResidual(
        plus(clean, noise, (value) => 0.1 * Math.sqrt(value)),
        clean,
      ).verdict,
    ).toBe('noise-only');
  });

  test.each([1.5, 2])('a Gaussian blur of %f pixels eats structure', (sigma) => {
    const { verdict, structure } = judgeResidual(noisy, gaussianBlur(noisy, sigma));
    expect(verdict).toBe('structure');
    expect(structure).toBeGreaterThan(3 * judgeResidual(noisy, clean).structure);
  });

  test('a median of 5 × 5 eats structure', () => {
    const bytes: Raster<Uint8Array> = {
      ...noisy,
      samples: Uint8Array.from(noisy.samples, (v) => Math.round(255 * v)),
    };
    expect(judgeResidual(noisy, toFloat(medianFilter(bytes, 2))).verdict).toBe('structure');
  });

  test('half the strength gives the same verdicts', () => {
    const half = (denoised: FloatImage) => ({
      ...denoised,
      samples: denoised.samples.map((value, i) => (value + noisy.samples[i]!) / 2),
    });
    expect(judgeResidual(noisy, half(clean)).verdict).toBe('noise-only');
    expect(judgeResidual(noisy, half(gaussianBlur(noisy, 1.5))).verdict).toBe('structure');
  });

  test('detail of less than half a level is a trace', () => {
    const blurred = gaussianBlur(noisy, 1.5);
    const hardly = {
      ...noisy,
      samples: noisy.samples.map((value, i) => 0.97 * value + 0.03 * blurred.samples[i]!),
    };
    const { verdict, structure, removed } = judgeResidual(noisy, hardly);
    expect(structure).toBeGreaterThan(0.05);
    expect(removed).toBeGreaterThan(0.5 / 255);
    expect(verdict).toBe('trace');
  });

  test('weak texture all over that is taken with the noise is structure', () => {
    const texture = gaussianBlur(noiseOf(clean, 9), 2);
    const textured = plus(noisy, texture, () => 0.2);
    expect(judgeResidual(textured, clean).verdict).not.toBe('noise-only');
  });

  test('nothing removed is said so', () => {
    expect(judgeResidual(noisy, noisy)).toEqual({ verdict: 'nothing-removed', structure: 0, removed: 0 });
  });
});

test('a picture smaller than a block has a verdict too', () => {
  const tiny: FloatImage = { width: 3, height: 2, channels: 1, samples: Float32Array.of(0, 1, 0, 1, 0, 1) };
  const flat = { ...tiny, samples: new Float32Array(6).fill(0.5) };
  expect(judgeResidual(tiny, flat)).toMatchObject({ verdict: 'noise-only', structure: 0 });
});
