import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import type { Backend } from '../../../engine/backends/backend.ts';
import { largestDifference } from '../../../engine/backends/choose.ts';
import { onnxBackend } from '../../../engine/backends/onnx.ts';
import { tensorNetwork } from '../../../engine/backends/tensor-network.ts';
import { addonPath, TensorflowAddon } from '../../../engine/backends/tensorflow-addon.ts';
import { tensorflowBackend } from '../../../engine/backends/tensorflow.ts';
import { testTile } from '../../../engine/backends/test-picture.ts';
import { wasmBackend } from '../../../engine/backends/wasm.ts';
import { denoiseRaster } from '../../../model/inference/denoise.ts';
import { tensorCount, tinyModel, tinyNetworks } from './tiny-model.ts';

const root = resolve(import.meta.dirname, '../../..');
const addon = new TensorflowAddon(root);
const backends: readonly Backend[] = [tensorflowBackend(addon), onnxBackend, wasmBackend];
const cases = backends.flatMap((backend) =>
  tinyNetworks.map((config) => ({
    backend,
    config,
    title: `${backend.name}: ${config.kind}, ${config.channels} channels`,
  })),
);

function needsNative(context: TestContext, { name }: Backend) {
  if (name === 'tensorflow' && !existsSync(addonPath(root))) {
    context.skip('native TensorFlow is not set up here (npm run setup)');
  }
}

test.for(cases)(
  'H20: $title answers as the plain reference does, whatever the size',
  async ({ backend, config }, context) => {
    needsNative(context, backend);
    const model = await tinyModel(config);
    const reference = await tensorNetwork(model, 'cpu');
    const network = await backend.load(model, 1);
    expect(network).toMatchObject({
      channels: config.channels,
      radius: reference.radius,
      multiple: reference.multiple,
    });
    for (const [width, height] of [
      [8, 8],
      [40, 16],
      [24, 56],
    ] as const) {
      // prettier-ignore
      const { samples, noiseFactor } = testTile(width, height, config.channels);
      const expected = await reference.run(samples, height, width, noiseFactor);
      const answer = await network.run(samples, height, width, noiseFactor);
      expect(largestDifference(answer, expected)).toBeLessThan(1e-5);
      expect(largestDifference(answer, samples)).toBeGreaterThan(0.01); // it does something
    }
    await network.dispose();
    await reference.dispose();
  },
);

test.for(backends)('$name is told the noise factor', async (backend, context) => {
  needsNative(context, backend);
  const network = await backend.load(await tinyModel(tinyNetworks[0]!), 1);
  const { samples } = testTile(16, 16, 3);
  const little = await network.run(samples, 16, 16, 0.02);
  const much = await network.run(samples, 16, 16, 0.2);
  expect(largestDifference(little, much)).toBeGreaterThan(1e-3);
  await network.dispose();
});

test('TensorFlow answers 8-bit samples with the float answer, rounded', async (context) => {
  const backend = backends[0]!;
  needsNative(context, backend);
  for (const config of tinyNetworks) {
    const network = await backend.load(await tinyModel(config), 1);
    const bytes = Uint8Array.from({ length: 24 * 40 * config.channels }, (_, i) => (i * 97) & 255);
    const floats = Float32Array.from(bytes, (value) => value / 255);
    const expected = await network.run(floats, 24, 40, 0.1);
    const answer = await network.runBytes!(bytes, 24, 40, 0.1);
    expect(answer).toHaveLength(bytes.length);
    const levels = Float32Array.from(expected, (value) => 255 * Math.min(1, Math.max(0, value)));
    expect(largestDifference(Float32Array.from(answer!), levels)).toBeLessThan(0.5 + 1e-3);
    await network.dispose();
  }
});

test('TensorFlow says when its answer for 8-bit samples holds values that are not numbers', async (context) => {
  const backend = backends[0]!;
  needsNative(context, backend);
  const model = await tinyModel(tinyNetworks[0]!);
  const weights = new Map(model.weights);
  weights.set('stem/bias', { shape: [4], values: Float32Array.of(NaN, 0, 0, 0) });
  const network = await backend.load({ ...model, weights }, 1);
  expect(await network.runBytes!(new Uint8Array(8 * 8 * 3), 8, 8, 0.1)).toBeNull();
  await network.dispose();
});

test.for(backends)(
  'L2, L3: $name: tiled equals untiled, and no tensor is left behind',
  async (backend, context) => {
    needsNative(context, backend);
    const tensors = tensorCount();
    const network = await backend.load(await tinyModel(tinyNetworks[0]!), 1);
    const native = backend.name === 'tensorflow' ? addon.load() : null;
    const before = [tensorCount(), native?.getNumOfTensors()];
    const noisy = { ...testTile(211, 157, 3), channels: 3 as const };
    const clean = (tileLimit: number | null) =>
      denoiseRaster(
        noisy,
        network,
        { noiseFactor: 0.1, strength: 1, colourStrength: 1, tileLimit, memory: 0 },
        { signal: new AbortController().signal },
      );
    const [whole, tiled] = [await clean(null), await clean(2 * network.radius + 32)];
    expect(largestDifference(tiled.samples as Float32Array, whole.samples as Float32Array)).toBeLessThan(
      1e-4,
    );
    expect([tensorCount(), native?.getNumOfTensors()]).toEqual(before);
    await network.dispose();
    expect(tensorCount()).toBe(tensors);
  },
);

test('without the native addon TensorFlow says what to do, and refuses to load a model', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'unspeckle-no-addon-'));
  try {
    const backend = tensorflowBackend(new TensorflowAddon(empty));
    expect(await backend.describe()).toEqual({
      name: 'tensorflow',
      available: false,
      description: expect.objectContaining({
        code: 'backend-unavailable',
        message: expect.stringContaining('npm run setup') as string,
      }) as unknown,
    });
    await expect(backend.load(await tinyModel(tinyNetworks[0]!), 1)).rejects.toMatchObject({
      code: 'backend-unavailable',
    });
  } finally {
    rmSync(empty, { recursive: true });
  }
});

test.for(backends)('$name describes itself with its version', async (backend, context) => {
  needsNative(context, backend);
  expect(await backend.describe()).toEqual({
    name: backend.name,
    available: true,
    description: {
      phrase: `backend-${backend.name}`,
      details: { version: expect.stringMatching(/\d+\.\d+/) as string },
    },
  });
});
