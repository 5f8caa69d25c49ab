import { processorSeconds } from '../../fixtures/pictures.ts';
import { expect, test } from 'vitest';
import type { Raster } from '../../../model/image.ts';
import { planTiles } from '../../../model/inference/plan-tiles.ts';
import {
  averageChannels,
  cutBytes,
  cutTile,
  joinChannels,
  stitchBytes,
  stitchTile,
  tilesOf,
} from '../../../model/inference/tile-samples.ts';

const full = { strength: 1, colourStrength: 1 };
const whole = (width: number, height: number) => ({
  row: { read: 0, keep: 0, keepLength: height },
  column: { read: 0, keep: 0, keepLength: width },
  width: Math.ceil(width / 8) * 8,
  height: Math.ceil(height / 8) * 8,
});

function picture(width: number, height: number, channels: 1 | 3, kind: 'u8' | 'u16' | 'float'): Raster {
  const length = width * height * channels;
  const values = Array.from({ length }, (_, i) => (i * 7919) % 65_536);
  const samples =
    kind === 'u8'
      ? Uint8Array.from(values, (v) => v & 255)
      : kind === 'u16'
        ? Uint16Array.from(values)
        : Float32Array.from(values, (v) => v / 65_535 - 0.1);
  return { width, height, channels, samples };
}

const sizes = [
  [1, 1], [1, 9], [9, 1], [3, 3], [8, 8], [7, 13], [31, 33], [97, 61],
] as const; // prettier-ignore

test.each(sizes)('cut and stitched, a picture of %i × %i comes back bit for bit in every depth', (w, h) => {
  for (const kind of ['u8', 'u16', 'float'] as const) {
    for (const channels of [1, 3] as const) {
      const noisy = picture(w, h, channels, kind);
      const denoised = { ...noisy, samples: noisy.samples.slice().fill(3) };
      const plan = planTiles(noisy, { radius: 5, multiple: 8, maxPixels: 900, maxSide: 40 });
      for (const place of tilesOf(plan)) {
        stitchTile(cutTile(noisy, place, { kind: 'all' }), place, noisy, denoised, full);
      }
      expect(denoised.samples).toEqual(noisy.samples);
    }
  }
});

test.each(sizes)('as bytes, a picture of %i × %i is cut and stitched bit for bit', (width, height) => {
  const noisy: Raster<Uint8Array> = {
    width,
    height,
    channels: 3,
    samples: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) & 255),
  };
  const denoised = { ...noisy, samples: new Uint8Array(noisy.samples.length) };
  const plan = planTiles(noisy, { radius: 5, multiple: 8, maxPixels: 900, maxSide: 40 });
  for (const place of tilesOf(plan)) {
    const bytes = cutBytes(noisy, place);
    const floats = cutTile(noisy, place, { kind: 'all' });
    expect(bytes).toEqual(Uint8Array.from(floats, (value) => Math.round(value * 255)));
    stitchBytes(bytes, place, denoised);
  }
  expect(denoised.samples).toEqual(noisy.samples);
});

test('samples are read on the [0, 1] scale', () => {
  const levels = (samples: Raster['samples']): Raster => ({ width: 2, height: 1, channels: 1, samples });
  const read = (raster: Raster) => [...cutTile(raster, whole(2, 1), { kind: 'all' }).slice(0, 2)];
  expect(read(levels(Uint8Array.of(51, 255)))).toEqual([Math.fround(51 / 255), 1]);
  expect(read(levels(Uint16Array.of(13_107, 65_535)))).toEqual([Math.fround(0.2), 1]);
  expect(read(levels(Float32Array.of(-0.5, 2)))).toEqual([-0.5, 2]);
});

test('beyond its last row and column a picture is mirrored', () => {
  const samples = Float32Array.from({ length: 15 }, (_, i) => i);
  const tile = cutTile({ width: 5, height: 3, channels: 1, samples }, whole(5, 3), { kind: 'all' });
  const row = (y: number) => [...tile.slice(y * 8, y * 8 + 8)];
  expect(row(0)).toEqual([0, 1, 2, 3, 4, 3, 2, 1]);
  expect(row(3)).toEqual(row(1));
  expect(row(4)).toEqual(row(0));
  expect(row(5)).toEqual(row(1));
});

test('a single pixel fills its tile', () => {
  const tile = cutTile(
    { width: 1, height: 1, channels: 3, samples: Float32Array.of(0.1, 0.2, 0.3) },
    whole(1, 1),
    { kind: 'all' },
  );
  expect(tile).toEqual(Float32Array.from({ length: 192 }, (_, i) => [0.1, 0.2, 0.3][i % 3]!));
});

test('one channel of three, and one channel three times', () => {
  const colour: Raster = { width: 1, height: 1, channels: 3, samples: Uint8Array.of(0, 51, 255) };
  expect(cutTile(colour, whole(1, 1), { kind: 'one', channel: 1 })[0]).toBeCloseTo(0.2);
  const grey: Raster = { width: 1, height: 1, channels: 1, samples: Uint8Array.of(51) };
  expect([...cutTile(grey, whole(1, 1), { kind: 'replicate' }).slice(0, 3)]).toEqual(
    Array(3).fill(Math.fround(0.2)),
  );
});

test('answers of three channels are averaged, three answers of one are joined', () => {
  expect(averageChannels(Float32Array.of(1, 2, 6, 0, 0, 3))).toEqual(Float32Array.of(3, 1));
  const [red, green, blue] = [Float32Array.of(1, 4), Float32Array.of(2, 5), Float32Array.of(3, 6)];
  expect(joinChannels([red, green, blue])).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
});

test('cutting and stitching 24 megapixels takes a small part of what the network takes', async () => {
  const size = { width: 6000, height: 4000 };
  const noisy: Raster = { ...size, channels: 3, samples: new Uint8Array(72e6).fill(99) };
  const denoised: Raster = { ...noisy, samples: new Uint8Array(72e6) };
  const plan = planTiles(size, { radius: 47, multiple: 8, maxPixels: 3e6, maxSide: Infinity });
  const seconds = await processorSeconds(async () => {
    for (const place of tilesOf(plan)) {
      stitchTile(cutTile(noisy, place, { kind: 'all' }), place, noisy, denoised, full);
    }
    await Promise.resolve();
  });
  expect(seconds).toBeLessThan(1.5); // about 0.3 s when the machine is quiet
  expect(denoised.samples[71_999_999]).toBe(99);
});
