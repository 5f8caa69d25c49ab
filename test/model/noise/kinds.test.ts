import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { NoiseKind } from '../../../contract/noise.ts';
import type { FloatImage } from '../../../model/image.ts';
import { grainLike } from '../../../model/noise/correlated.ts';
import { compressAsJpeg, LUMINANCE, scaledTable } from '../../../model/noise/jpeg.ts';
import { addMixture, drawAmounts } from '../../../model/noise/mixture.ts';
import { poisson } from '../../../model/noise/poisson-gaussian.ts';
import { Random } from '../../../model/noise/random.ts';

const SIDE = 256;
const COUNT = SIDE * SIDE;

const flat = (value: number): FloatImage => ({
  width: SIDE,
  height: SIDE,
  channels: 1,
  samples: new Float32Array(COUNT).fill(value),
});

/** Mean and standard deviation of a flat picture with noise. */
function momentsOf(kind: NoiseKind, amount: number, value: number, seed = 1) {
  const image = flat(value);
  const told = addMixture(image, [{ kind, amount }], new Random(seed));
  const { mean, deviation } = moments(image.samples);
  return { mean, deviation, told };
}

function moments(values: ArrayLike<number>) {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  return { mean, deviation: Math.sqrt(variance) };
}

/** A smooth colour picture with edges, values as in an 8-bit file. */
function scene(width: number, height: number, channels: 1 | 3): FloatImage {
  const samples = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const wave = Math.sin((x * (c + 2)) / 9) * Math.cos((y * (3 - c)) / 13) + (x > y ? 0.5 : -0.5);
        samples[(y * width + x) * channels + c] = Math.round(127 + 60 * wave) / 255;
      }
    }
  }
  return { width, height, channels, samples };
}

const analytic: NoiseKind[] = ['gaussian', 'poisson-gaussian', 'speckle', 'salt-and-pepper', 'correlated'];

describe.each(analytic)('%s', (kind) => {
  test.each([0.02, 0.1, 0.2])(
    'of factor %d has that standard deviation at mid-grey, and mean 0',
    (factor) => {
      const { mean, deviation, told } = momentsOf(kind, factor, 0.5);
      expect(told).toBe(factor);
      // 65,536 samples: the standard error of the mean is factor / 256, tripled where neighbours are alike.
      expect(Math.abs(mean - 0.5)).toBeLessThan((5 * 3 * factor) / 256);
      // Few impulses make the variance uncertain: by one in the root of their number.
      const impulses = 4 * factor ** 2 * COUNT;
      const tolerance = kind === 'salt-and-pepper' ? 2 / Math.sqrt(impulses) : 0.03;
      expect(Math.abs(deviation / factor - 1)).toBeLessThan(tolerance);
    },
  );

  test('of factor 0 leaves the picture as it is', () => {
    const image = flat(0.3);
    addMixture(image, [{ kind, amount: 0 }], new Random(1));
    expect(image.samples.every((value) => value === Math.fround(0.3))).toBe(true);
  });

  test('is the same for the same seed and another for another', () => {
    const noisy = (seed: number) => {
      const image = flat(0.5);
      addMixture(image, [{ kind, amount: 0.1 }], new Random(seed));
      return image.samples;
    };
    expect(noisy(1)).toEqual(noisy(1));
    expect(noisy(1)).not.toEqual(noisy(2));
  });
});

describe('how noise depends on brightness', () => {
  test.each([0, 0.05, 0.25, 0.5, 1])(
    'a camera’s variance at %d is that of photons and of reading',
    (value) => {
      const factor = 0.08;
      const expected = Math.sqrt(2 * 0.75 * factor ** 2 * value + 0.25 * factor ** 2);
      const { mean, deviation } = momentsOf('poisson-gaussian', factor, value);
      expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.03);
      expect(Math.abs(mean - value)).toBeLessThan((5 * expected) / 256);
    },
  );

  test.each([0, 0.1, 0.5, 0.9])('speckle at %d is in proportion to it', (value) => {
    const { mean, deviation } = momentsOf('speckle', 0.1, value);
    expect(Math.abs(deviation - 2 * 0.1 * value)).toBeLessThan(0.03 * 0.2 * value + 1e-9);
    expect(Math.abs(mean - value)).toBeLessThan(0.01 * value + 1e-9);
  });

  test('the strongest speckle is exponential: it never turns negative, and its mean is its deviation', () => {
    const image = flat(0.5);
    addMixture(image, [{ kind: 'speckle', amount: 0.5 }], new Random(2));
    expect(Math.min(...image.samples)).toBeGreaterThanOrEqual(0);
    const { mean, deviation } = moments(image.samples);
    expect(deviation / mean).toBeCloseTo(1, 1);
  });

  test('salt and pepper hits 4 factor² of the samples, half of them black and half white', () => {
    const image = flat(0.3);
    addMixture(image, [{ kind: 'salt-and-pepper', amount: 0.1 }], new Random(3));
    const share = (wanted: number) => image.samples.filter((value) => value === wanted).length / COUNT;
    expect(share(0)).toBeCloseTo(0.02, 2);
    expect(share(1)).toBeCloseTo(0.02, 2);
    expect(share(0) + share(1) + share(Math.fround(0.3))).toBe(1);
  });
});

describe('Poisson numbers', () => {
  test.each([0.1, 3, 9.9, 10.1, 40, 900])(
    'of mean %d have that mean and variance, and their skewness',
    (mean) => {
      const random = new Random(4);
      const draws = Array.from({ length: 200_000 }, () => poisson(random, mean));
      const { mean: found, deviation } = moments(draws);
      expect(Math.abs(found - mean)).toBeLessThan(5 * Math.sqrt(mean / draws.length));
      expect(Math.abs(deviation ** 2 / mean - 1)).toBeLessThan(0.03);
      const third = draws.reduce((sum, draw) => sum + (draw - found) ** 3, 0) / draws.length;
      expect(Math.abs(third / deviation ** 3 - 1 / Math.sqrt(mean))).toBeLessThan(0.06);
    },
  );

  test('of mean 3 fall on 0 to 6 as often as they should', () => {
    const random = new Random(5);
    const counts = new Array<number>(30).fill(0);
    for (let i = 0; i < 100_000; i++) counts[poisson(random, 3)]!++;
    let expected = Math.exp(-3);
    for (let k = 0; k <= 6; expected *= 3 / ++k) expect(counts[k]! / 1e5).toBeCloseTo(expected, 2);
  });
});

describe('correlated noise', () => {
  const size = { width: SIDE, height: SIDE, channels: 3 } as const;

  test('of neighbours at one half is like its direct neighbours by ⅔, those two apart by ⅙, others not', () => {
    const grain = grainLike(size, 0.5, new Random(1));
    const correlation = (step: number) => {
      let sum = 0;
      for (let i = 0; i + step < grain.length; i++) sum += grain[i]! * grain[i + step]!;
      return sum / (grain.length - step);
    };
    expect(correlation(0)).toBeCloseTo(1, 1);
    expect(correlation(3)).toBeCloseTo(2 / 3, 1);
    expect(correlation(3 * SIDE)).toBeCloseTo(2 / 3, 1);
    expect(correlation(6)).toBeCloseTo(1 / 6, 1);
    expect(correlation(3 * SIDE + 3)).toBeCloseTo(4 / 9, 1);
    expect(Math.abs(correlation(9))).toBeLessThan(0.02);
    expect(Math.abs(correlation(1))).toBeLessThan(0.02); // another channel of the same pixel
  });

  test('is as strong at the borders as inside', () => {
    const grain = grainLike({ width: 2000, height: 2, channels: 1 }, 0.5, new Random(2));
    expect(moments(grain).deviation).toBeCloseTo(1, 1);
  });
});

describe('JPEG', () => {
  test('has the tables of the standard at quality 50, coarser ones below, and 1 everywhere at 100', () => {
    expect([...scaledTable(LUMINANCE, 50)]).toEqual([...LUMINANCE]);
    expect(scaledTable(LUMINANCE, 10)[0]).toBe(16 * 5);
    expect(scaledTable(LUMINANCE, 90)[0]).toBe(3); // 16 · 0.2, rounded
    expect([...new Set(scaledTable(LUMINANCE, 100))]).toEqual([1]);
    expect(Math.max(...scaledTable(LUMINANCE, 1))).toBe(255);
  });

  test.each([
    [95, 3],
    [75, 3],
    [40, 3],
    [10, 3],
    [75, 1],
    [20, 1],
  ] as const)(
    'of quality %i with %i channels is what a JPEG library writes and reads',
    async (quality, channels) => {
      const image = scene(70, 45, channels);
      const raw = { width: 70, height: 45, channels };
      const bytes = Uint8Array.from(image.samples, (value) => Math.round(255 * value));
      let writing = sharp(bytes, { raw });
      if (channels === 1) writing = writing.toColourspace('b-w');
      const file = await writing
        .jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false })
        .toBuffer();
      const read = await sharp(file)
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer();
      compressAsJpeg(image, quality);
      const differences = [...image.samples].map((value, i) => Math.abs(Math.round(255 * value) - read[i]!));
      const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
      // Of 255. What is left are roundings of chroma.
      expect(mean).toBeLessThan(channels === 1 ? 0.35 : 0.8);
    },
  );

  test('is worse the lower the quality, and what it was told is the deviation it made', () => {
    const deviations = [90, 50, 20, 5].map((amount) => {
      const clean = scene(64, 64, 3);
      const image = { ...clean, samples: clean.samples.slice() };
      const told = addMixture(image, [{ kind: 'jpeg', amount }], new Random(1));
      const squares = image.samples.map((value, i) => (value - clean.samples[i]!) ** 2);
      expect(told).toBeCloseTo(Math.sqrt(moments(squares).mean), 5);
      return told;
    });
    expect([...deviations].sort((a, b) => a - b)).toEqual(deviations);
  });

  test('lays its blocks where they are asked for', () => {
    const edges = (left: number) => {
      const ramp = { width: 64, height: 16, channels: 1 as const, samples: new Float32Array(64 * 16) };
      for (let i = 0; i < ramp.samples.length; i++) ramp.samples[i] = (i % 64) / 128;
      compressAsJpeg(ramp, 3, { left, top: 0 });
      const steps = Array.from({ length: 63 }, (_, x) => Math.abs(ramp.samples[x + 1]! - ramp.samples[x]!));
      return steps.flatMap((step, x) => (step > 0.03 ? [(x + 1 + left) % 8] : []));
    };
    for (const left of [0, 3]) {
      expect(edges(left).length).toBeGreaterThan(2);
      expect(new Set(edges(left))).toEqual(new Set([0]));
    }
  });
});

describe('mixtures', () => {
  test('are applied in the order given: what comes after JPEG is not compressed', () => {
    const last = (kinds: readonly NoiseKind[]) => {
      const image = scene(32, 32, 1);
      const amounts = kinds.map((kind) => ({ kind, amount: kind === 'jpeg' ? 20 : 0.05 }));
      addMixture(image, amounts, new Random(1));
      return image.samples;
    };
    const asInFiles = (values: Float32Array) =>
      values.every((value) => Math.abs(255 * value - Math.round(255 * value)) < 1e-3);
    expect(asInFiles(last(['gaussian', 'jpeg']))).toBe(true);
    expect(asInFiles(last(['jpeg', 'gaussian']))).toBe(false);
  });

  test('of independent noises have the root of the sum of their variances', () => {
    const image = flat(0.5);
    const amounts = [
      { kind: 'poisson-gaussian', amount: 0.03 },
      { kind: 'correlated', amount: 0.04 },
    ] as const;
    expect(addMixture(image, amounts, new Random(1))).toBeCloseTo(0.05, 10);
    expect(moments(image.samples).deviation).toBeCloseTo(0.05, 2);
  });

  test('draw each amount from its range, whole numbers for qualities', () => {
    const random = new Random(1);
    for (let i = 0; i < 200; i++) {
      const [noise, jpeg] = drawAmounts(
        [
          { kind: 'speckle', low: 0.1, high: 0.2 },
          { kind: 'jpeg', low: 30, high: 95 },
        ],
        random,
      );
      expect(noise!.amount >= 0.1 && noise!.amount <= 0.2).toBe(true);
      expect(Number.isInteger(jpeg!.amount) && jpeg!.amount >= 30 && jpeg!.amount <= 95).toBe(true);
    }
  });
});
