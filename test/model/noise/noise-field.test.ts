import { expect, test } from 'vitest';
import { fieldNoiseKinds } from '../../../contract/noise.ts';
import { addedNoise } from '../../../contract/view.ts';
import type { Raster } from '../../../model/image.ts';
import { addNoiseField } from '../../../model/noise/noise-field.ts';
import { cropRaster } from '../../../model/region.ts';

const even = (width: number, height: number, channels: 1 | 3, value: number): Raster<Float32Array> => ({
  width,
  height,
  channels,
  samples: new Float32Array(width * height * channels).fill(value),
});
const field = { kind: 'gaussian', noiseFactor: 0.1, seed: 7, page: 0 } as const;

const cases = fieldNoiseKinds.flatMap((kind) => ([1, 3] as const).map((channels) => ({ kind, channels })));

test.each(cases)('a part of $channels channels has the $kind noise that the whole has there', (one) => {
  const { kind, channels } = one;
  const ofKind = { ...field, kind };
  const whole = even(200, 40, channels, 0.5);
  addNoiseField(whole, { x: 0, y: 0 }, ofKind);
  for (const part of [
    { x: 0, y: 0, width: 1, height: 1 },
    { x: 63, y: 5, width: 2, height: 3 },
    { x: 17, y: 9, width: 150, height: 30 },
    { x: 199, y: 39, width: 1, height: 1 },
  ]) {
    const alone = even(part.width, part.height, channels, 0.5);
    addNoiseField(alone, part, ofKind);
    expect(alone).toEqual(cropRaster(whole, part));
  }
});

test('seed, page and place each give other noise; the same give the same', () => {
  const noiseOf = (other: object, at = { x: 0, y: 0 }) => {
    const image = even(64, 1, 3, 0);
    addNoiseField(image, at, { ...field, ...other });
    return image.samples;
  };
  expect(noiseOf({})).toEqual(noiseOf({}));
  const all = [noiseOf({}), noiseOf({ seed: 8 }), noiseOf({ page: 1 }), noiseOf({}, { x: 64, y: 0 }), noiseOf({}, { x: 0, y: 1 })]; // prettier-ignore
  for (const [i, one] of all.entries()) for (const other of all.slice(i + 1)) expect(one).not.toEqual(other);
});

test('the noise has its factor as standard deviation and is not the same next door', () => {
  const image = even(256, 256, 3, 0.5);
  addNoiseField(image, { x: 0, y: 0 }, field);
  const noise = image.samples.map((value) => value - 0.5);
  const mean = (of: (i: number) => number) => {
    let sum = 0;
    for (let i = 0; i < noise.length - 3 * 256; i++) sum += of(i);
    return sum / (noise.length - 3 * 256);
  };
  expect(Math.abs(mean((i) => noise[i]!))).toBeLessThan(0.001);
  expect(Math.sqrt(mean((i) => noise[i]! ** 2))).toBeCloseTo(0.1, 2);
  for (const lag of [1, 3, 3 * 256]) {
    expect(Math.abs(mean((i) => noise[i]! * noise[i + lag]!)) / 0.01).toBeLessThan(0.02);
  }
});

test.each(fieldNoiseKinds)('%s noise has the factor as its standard deviation at mid-grey', (kind) => {
  for (const samples of [new Float32Array(2 ** 16), new Uint16Array(2 ** 16)]) {
    const white = samples instanceof Uint16Array ? 65535 : 1;
    const image: Raster = { width: 256, height: 256, channels: 1, samples: samples.fill(white / 2) };
    addNoiseField(image, { x: 0, y: 0 }, { ...field, kind });
    const off = Array.from(image.samples, (value) => (value / white - 0.5) ** 2);
    expect(Math.sqrt(off.reduce((sum, square) => sum + square, 0) / off.length)).toBeCloseTo(0.1, 2);
  }
});

test('noise beyond what its kind is defined for is refused before it is drawn', () => {
  const noise = { kind: 'speckle', seed: 1 } as const;
  expect(addedNoise.safeParse({ ...noise, noiseFactor: 0.5 }).success).toBe(true);
  expect(addedNoise.safeParse({ ...noise, noiseFactor: 0.6 }).success).toBe(false);
});

test('integers are rounded and clipped as in a file, floats are neither', () => {
  const floats = even(64, 8, 1, 0.02);
  addNoiseField(floats, { x: 0, y: 0 }, field);
  expect(Math.min(...floats.samples)).toBeLessThan(0);
  const bytes: Raster = { ...floats, samples: new Uint8Array(64 * 8).fill(0.02 * 255) };
  addNoiseField(bytes, { x: 0, y: 0 }, field);
  floats.samples.forEach((value, i) => {
    expect(bytes.samples[i]).toBe(Math.max(0, Math.round(5 + (value - 0.02) * 255)));
  });
});
