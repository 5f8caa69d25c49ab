import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { fromHalf } from '../../engine/models/check/half-precision.ts';
import { loadModel } from '../../engine/models/load.ts';
import { halveModel, toHalf } from '../../tools/bundle/half-precision.mjs';
import { savedModel, tinyUnet } from '../fixtures/models/model-folders.ts';

const halves = Uint8Array.from({ length: 2 * 65536 }, (_, i) => ((i >> 1) >> (8 * (i & 1))) & 255);

test('all numbers of half precision are read exactly, and written as they were', () => {
  const values = fromHalf(halves, 0, 65536);
  expect([values[0], values[1], values[0x3ff], values[0x400], values[0x3c00], values[0x7bff]]).toEqual([
    0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, 65504,
  ]); // prettier-ignore
  expect([values[0x7c00], values[0xfc00], values[0x8001], values[0xc000]]).toEqual([
    Infinity, -Infinity, -(2 ** -24), -2,
  ]); // prettier-ignore
  const odd = values.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  expect(odd).toBe(2 * 1023);
  const finite = values.filter((value) => !Number.isNaN(value));
  expect(fromHalf(toHalf(finite), 0, finite.length)).toEqual(finite);
});

test('of other numbers the nearest is written, of two as near the even one', () => {
  const near = (value: number) => fromHalf(toHalf(Float32Array.of(value)), 0, 1)[0];
  expect(near(1 + 2 ** -11)).toBe(1);
  expect(near(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
  expect(near(2 - 2 ** -12)).toBe(2);
  expect(near(-(2 ** -25))).toBe(-0);
  expect(near(-3 * 2 ** -25)).toBe(-(2 ** -23));
  expect([near(65519.996), near(65520), near(-1e9), near(NaN)]).toEqual([65504, Infinity, -Infinity, NaN]);
  for (let i = 1; i < 2000; i++) {
    const value = Math.fround(Math.sin(i) * 2 ** ((i % 24) - 12));
    const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
    expect(Math.abs((near(value) ?? NaN) - value)).toBeLessThanOrEqual(step / 2);
  }
});

test('a halved model is read as TensorFlow.js reads it', async () => {
  const folder = await savedModel(tinyUnet);
  const whole = await loadModel({ id: 'tiny', folder });
  halveModel(folder);
  halveModel(folder); // a second time changes nothing
  const { weights } = await loadModel({ id: 'tiny', folder });
  const { weightsManifest, ...model } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as {
    weightsManifest: [{ weights: tf.io.WeightsManifestEntry[] }];
    modelTopology: object;
  };
  const bytes = readFileSync(join(folder, 'weights.bin'));
  const weightData = Uint8Array.from(bytes).buffer;
  const theirs = await tf.loadLayersModel(
    tf.io.fromMemory({ ...model, weightSpecs: weightsManifest[0].weights, weightData }),
  );
  let largest = 0;
  for (const weight of theirs.weights) {
    const ours = weights.get(weight.originalName)!.values;
    expect(ours).toEqual(await weight.read().data());
    const before = whole.weights.get(weight.originalName)!.values;
    largest = before.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), largest);
  }
  expect(largest).toBeGreaterThan(0);
  expect(largest).toBeLessThan(1e-3);
  theirs.dispose();
});
