import { describe, expect, test } from 'vitest';
import type { FloatImage, Raster } from '../../../model/image.ts';
import { readBlocks, READINGS } from '../../../model/noise/estimate-bands.ts';
import { estimateNoise } from '../../../model/noise/estimate.ts';
import { standardNormal } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';

/** A picture from a formula over pixel places, values in [0, 1]. */
function picture(
  width: number,
  height: number,
  channels: 1 | 3,
  value: (x: number, y: number, channel: number) => number,
): FloatImage {
  const samples = new Float32Array(width * height * channels);
  for (let at = 0; at < samples.length; at++) {
    const pixel = Math.floor(at / channels);
    samples[at] = value(pixel % width, Math.floor(pixel / width), at % channels);
  }
  return { width, height, channels, samples };
}

function withNoise(clean: FloatImage, sigma255: number, seed = 1): FloatImage {
  const random = new Random(seed);
  return { ...clean, samples: clean.samples.map((v) => v + (sigma255 / 255) * standardNormal(random)) };
}

function clipped(image: FloatImage, depth: 8 | 16): Raster {
  const white = 2 ** depth - 1;
  const round = (v: number): number => Math.round(white * Math.min(1, Math.max(0, v)));
  const samples =
    depth === 8 ? Uint8Array.from(image.samples, round) : Uint16Array.from(image.samples, round);
  return { ...image, samples };
}

const reading = (raster: Raster): number => 255 * estimateNoise(raster).noiseFactor;
/** The aim: 10 %, or one 8-bit level. */
const tolerance = (sigma255: number): number => Math.max(1, 0.1 * sigma255);

/** Slopes, edges and a patch of fine texture, as a photograph has them. */
const scene = (width: number, height: number, channels: 1 | 3): FloatImage =>
  picture(width, height, channels, (x, y, channel) => {
    const slope = 0.25 + (0.4 * x) / width + 0.1 * channel;
    const edge = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 5) ** 2 ? 0.2 : 0;
    const texture = y > 0.7 * height ? 0.15 * Math.sin(1.9 * x) * Math.cos(2.3 * y) : 0;
    return slope + edge + texture - 0.1;
  });

describe('white noise', () => {
  const sigmas = [3, 5, 10, 25, 50];

  test.each(sigmas)('of σ %d is measured within a tenth, clipped or not, in every depth', (sigma) => {
    for (const channels of [1, 3] as const) {
      const noisy = withNoise(scene(240, 180, channels), sigma);
      for (const raster of [noisy, clipped(noisy, 8), clipped(noisy, 16)]) {
        expect(Math.abs(reading(raster) - sigma)).toBeLessThan(tolerance(sigma));
      }
    }
  });

  test('of each channel is measured by itself', () => {
    const noise = [
      withNoise(scene(240, 180, 3), 5),
      withNoise(scene(240, 180, 3), 10),
      withNoise(scene(240, 180, 3), 20),
    ];
    const samples = noise[0]!.samples.map((_, at) => noise[at % 3]!.samples[at]!);
    const { channels, noiseFactor } = estimateNoise({ ...noise[0]!, samples });
    for (const [channel, sigma] of [5, 10, 20].entries()) {
      expect(Math.abs(255 * channels[channel]! - sigma)).toBeLessThan(tolerance(sigma));
    }
    expect(noiseFactor).toBeCloseTo((channels[0]! + channels[1]! + channels[2]!) / 3, 10);
  });

  test.each([0.04, 0.96])('that clipping cut at a brightness of %d is given as it was', (brightness) => {
    const noisy = clipped(
      withNoise(
        picture(160, 160, 3, () => brightness),
        25,
      ),
      8,
    );
    expect(Math.abs(reading(noisy) - 25)).toBeLessThan(tolerance(25));
  });

  test('is measured beside a blown-out sky, which holds none', () => {
    const half = clipped(
      withNoise(
        picture(240, 160, 3, (_, y) => (y < 100 ? 2 : 0.4)),
        15,
      ),
      8,
    );
    expect(Math.abs(reading(half) - 15)).toBeLessThan(tolerance(15));
  });

  test('is measured inside a border without any', () => {
    const noisy = clipped(withNoise(scene(240, 180, 3), 15), 8);
    const inBorder = (x: number, y: number): boolean => x < 25 || y < 20 || x >= 215 || y >= 160;
    const samples = noisy.samples.map((v, at) => {
      const pixel = Math.floor(at / 3);
      return inBorder(pixel % 240, Math.floor(pixel / 240)) ? 90 : v;
    });
    expect(Math.abs(reading({ ...noisy, samples }) - 15)).toBeLessThan(tolerance(15));
  });

  test('is looked for only where the picture is not transparent', () => {
    const noisy = clipped(withNoise(scene(240, 180, 3), 15), 8);
    const alpha = new Uint8Array(240 * 180).map((_, at) => (at % 240 < 100 ? 0 : 255));
    const samples = noisy.samples.map((v, at) => (alpha[Math.floor(at / 3)] === 0 ? 90 + (at % 2) : v));
    const { noiseFactor, area } = estimateNoise(
      { ...noisy, samples },
      { alpha: { width: 240, height: 180, channels: 1, samples: alpha } },
    );
    expect(Math.abs(255 * noiseFactor - 15)).toBeLessThan(tolerance(15));
    expect(area!.x + area!.width).toBeGreaterThan(100);
  });
});

describe('pictures without noise', () => {
  test.each([
    ['a slope', picture(200, 150, 3, (x, y) => 0.2 + x / 500 + y / 400)],
    ['one colour', picture(64, 64, 3, (_x, _y, channel) => 0.2 + 0.2 * channel)],
    ['all black', picture(64, 64, 1, () => 0)],
    ['all white', picture(64, 64, 3, () => 1)],
    ['a drawing', picture(200, 150, 3, (x, y) => ((x - y) % 40 < 3 ? 0.2 : 0.85))],
    [
      'dark marks on white',
      picture(200, 150, 1, (x, y) => (y % 30 < 20 || ((x >> 2) * 5 + (y >> 2) * 3) % 7 < 4 ? 1 : 0.1)),
    ],
    ['slopes and texture', scene(240, 180, 3)],
  ])('%s is called clean', (_, image) => {
    const { clean, noiseFactor } = estimateNoise(clipped(image, 8));
    expect(clean).toBe(true);
    expect(255 * noiseFactor).toBeLessThan(1.5);
  });

  test('a picture with noise of three levels is not', () => {
    expect(estimateNoise(clipped(withNoise(scene(240, 180, 3), 3), 8)).clean).toBe(false);
  });
});

test('noise whose fine grain was smoothed away is told as the white noise it was at the coarser frequencies', () => {
  const noise = withNoise(
    picture(512, 384, 3, () => 0),
    60,
  );
  const smooth = picture(512, 384, 3, (x, y, channel) => {
    let sum = 0;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        const at =
          (Math.min(383, Math.max(0, y + dy)) * 512 + Math.min(511, Math.max(0, x + dx))) * 3 + channel;
        sum += noise.samples[at]! * (3 - Math.abs(dx)) * (3 - Math.abs(dy));
      }
    }
    return 0.4 + x / 2000 + sum / 81;
  });
  const { noiseFactor, fine, clean } = estimateNoise(clipped(smooth, 8));
  expect(fine!.channels.every((channel) => 255 * channel < 1)).toBe(true);
  const truth = 60 * 0.84; // eight times the deviation of its means over 8 × 8 pixels
  expect((255 * noiseFactor) / truth).toBeGreaterThan(0.7);
  expect((255 * noiseFactor) / truth).toBeLessThan(1.4);
  expect(clean).toBe(false);
});

test('the bands of frequency read white noise alike, at every scale, in every depth', () => {
  const noisy = withNoise(
    picture(256, 256, 3, () => 0.5),
    8,
  );
  for (const raster of [noisy, clipped(noisy, 8), clipped(noisy, 16)]) {
    for (const scale of [1, 2, 4]) {
      const { count, values } = readBlocks(raster, null, scale)!;
      for (let band = 0; band < 10; band++) {
        const deviations = Array.from({ length: count }, (_, block) => values[block * READINGS + band]!);
        const median = Math.exp(deviations.sort((a, b) => a - b)[Math.floor(count / 2)]!);
        expect(Math.abs(median - 8)).toBeLessThan(1.2);
      }
    }
  }
});

test('noise is judged by the contrast of a deep picture that uses little of its range', () => {
  const noisy = withNoise(scene(240, 180, 1), 10);
  const dim = clipped({ ...noisy, samples: noisy.samples.map((v) => 0.01 + v / 100) }, 16);
  const { noiseFactor, clean } = estimateNoise(dim);
  expect(Math.abs(255 * 100 * noiseFactor - 10)).toBeLessThan(1);
  expect(clean).toBe(false);
});

test('the same picture gives the same answer', () => {
  const noisy = clipped(withNoise(scene(240, 180, 3), 12), 8);
  expect(estimateNoise(noisy)).toEqual(estimateNoise(noisy));
});

const smallSizes = [1, 2, 7, 8, 9, 15, 16, 31, 40].flatMap((width) =>
  [1, 8, 33].map((height) => [width, height] as const),
);

test.each(smallSizes)('a picture of %d × %d is measured or said to be too small', (width, height) => {
  for (const channels of [1, 3] as const) {
    const noisy = clipped(
      withNoise(
        picture(width, height, channels, () => 0.5),
        20,
      ),
      8,
    );
    const { noiseFactor, channels: each, area, method } = estimateNoise(noisy);
    expect(each).toHaveLength(channels);
    if (width < 8 || height < 8) {
      expect({ noiseFactor, area }).toEqual({ noiseFactor: 0, area: null });
      expect(method).toContain('none');
      continue;
    }
    expect(Math.abs(255 * noiseFactor - 20)).toBeLessThan(10);
    expect(area!.x + area!.width).toBeLessThanOrEqual(width);
    expect(area!.y + area!.height).toBeLessThanOrEqual(height);
  }
});

test('values that are not finite are left out', () => {
  const noisy = withNoise(scene(240, 180, 3), 10);
  noisy.samples.fill(NaN, 0, 240 * 3 * 60);
  noisy.samples[240 * 3 * 100] = Infinity;
  expect(Math.abs(reading(noisy) - 10)).toBeLessThan(tolerance(10));
});

test('stops when asked to', () => {
  const stopped = AbortSignal.abort(new Error('enough'));
  expect(() => estimateNoise(scene(64, 64, 3), { signal: stopped })).toThrow('enough');
});
