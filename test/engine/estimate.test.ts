import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { estimateNoise } from '../../engine/jobs/estimate.ts';
import type { FloatImage, Raster } from '../../model/image.ts';
import { estimateNoise as measure } from '../../model/noise/estimate.ts';
import { standardNormal } from '../../model/noise/gaussian.ts';
import { Random } from '../../model/noise/random.ts';
import { testData } from '../fixtures/test-data.ts';

const context = (signal = new AbortController().signal) => ({ signal, send: () => {} });

describe('the noise of a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'estimate-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A slope with noise of σ 12, as RGBA whose left third is transparent and quiet. */
  async function writeSlope(name: string): Promise<string> {
    const random = new Random(1);
    const pixels = Uint8Array.from({ length: 240 * 160 * 4 }, (_, at) => {
      const x = (at >> 2) % 240;
      if (at % 4 === 3) return x < 80 ? 0 : 255;
      return x < 80 ? 100 + (at % 3) : 80 + x / 3 + 12 * standardNormal(random);
    });
    const file = join(folder, name);
    await sharp(pixels, { raw: { width: 240, height: 160, channels: 4 } }).toFile(file);
    return file;
  }

  test('is measured where it is not transparent, and says how and where', async () => {
    const file = await writeSlope('slope.png');
    const estimate = await estimateNoise({ file }, context());
    expect(Math.abs(255 * estimate.noiseFactor - 12)).toBeLessThan(1.2);
    expect(estimate).toMatchObject({ file, clean: false, area: { width: 20, height: 20 } });
    expect(estimate.channels).toHaveLength(3);
    expect(estimate.area!.x + estimate.area!.width).toBeGreaterThan(80);
    expect(estimate.method).toContain('Ponomarenko');
    expect(estimate.seconds).toBeGreaterThan(0);
  });

  test('survives the trip between processes', async () => {
    const estimate = await estimateNoise({ file: await writeSlope('trip.png') }, context());
    expect(JSON.parse(JSON.stringify(estimate))).toEqual(estimate);
  });

  test('that is not there is refused as the other calls refuse it', async () => {
    const call = estimateNoise({ file: join(folder, 'none.png') }, context());
    await expect(call).rejects.toBeInstanceOf(AppError);
  });

  test('is not measured once the call is cancelled', async () => {
    const file = await writeSlope('cancelled.png');
    await expect(estimateNoise({ file }, context(AbortSignal.abort()))).rejects.toThrow();
  });
});

describe('photographs', () => {
  async function load(file: string): Promise<FloatImage> {
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    const channels = info.channels === 1 ? 1 : 3;
    return {
      width: info.width,
      height: info.height,
      channels,
      samples: Float32Array.from(data, (v) => v / 255),
    };
  }

  /** Seven pictures of a set at most; bench/noise-estimation.ts measures them all. */
  async function someOf(folder: string): Promise<FloatImage[]> {
    const files = readdirSync(folder)
      .sort()
      .filter((name) => name.endsWith('.png'));
    const every = Math.ceil(files.length / 7);
    return Promise.all(
      files.filter((_, index) => index % every === 0).map((name) => load(join(folder, name))),
    );
  }

  function withNoise(clean: FloatImage, sigma255: number, seed: number): FloatImage {
    const random = new Random(seed);
    return { ...clean, samples: clean.samples.map((v) => v + (sigma255 / 255) * standardNormal(random)) };
  }

  const asFile = (image: FloatImage): Raster => ({
    ...image,
    samples: Uint8Array.from(image.samples, (v) => Math.round(255 * Math.min(1, Math.max(0, v)))),
  });

  const sets = ['CBSD68', 'BSD68', 'Kodak24-half', 'McMaster-half', 'Set12'];
  test.for(sets)('of %s: most are measured within a tenth or one level', async (set, testContext) => {
    const pictures = await someOf(testData(testContext, 'test', set));
    for (const sigma of [5, 50]) {
      const noisy = pictures.map((picture, index) => withNoise(picture, sigma, index));
      for (const rasters of [noisy, noisy.map(asFile)]) {
        const right = rasters.filter((raster) => {
          return Math.abs(255 * measure(raster).noiseFactor - sigma) <= Math.max(1, sigma / 10);
        });
        expect(right.length / rasters.length, `σ ${sigma}`).toBeGreaterThan(0.85); // six of seven
      }
    }
  });

  test('that were downsized from larger ones are mostly called clean', async (testContext) => {
    const folder = testData(testContext, 'train', 'photos');
    const files = readdirSync(folder)
      .sort()
      .filter((name) => name.endsWith('.jpg'));
    const some = files.filter((_, index) => index % 8 === 0);
    const estimates = await Promise.all(
      some.map((name) => estimateNoise({ file: join(folder, name) }, context())),
    );
    expect(estimates.filter(({ clean }) => clean).length / some.length).toBeGreaterThanOrEqual(0.8);
  });

  test('of cameras at high sensitivity are mostly not', async (testContext) => {
    const folder = testData(testContext, 'real', 'CC15', 'noisy');
    const estimates = await Promise.all(
      readdirSync(folder).map((name) => estimateNoise({ file: join(folder, name) }, context())),
    );
    expect(estimates.filter(({ clean }) => !clean).length / estimates.length).toBeGreaterThanOrEqual(0.8);
  });
});
