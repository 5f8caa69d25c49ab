import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Backend } from '../../../engine/backends/backend.ts';
import { largestDifference } from '../../../engine/backends/choose.ts';
import { cropsFor, withCrops } from '../../../engine/backends/crops.ts';
import { inputsOf } from '../../../engine/backends/graph.ts';
import { onnxBackend } from '../../../engine/backends/onnx.ts';
import { prepare } from '../../../engine/backends/prepared-model.ts';
import { addonPath, TensorflowAddon } from '../../../engine/backends/tensorflow-addon.ts';
import { tensorflowBackend } from '../../../engine/backends/tensorflow.ts';
import { testTile } from '../../../engine/backends/test-picture.ts';
import { wasmBackend } from '../../../engine/backends/wasm.ts';
import { answerPart } from '../../../model/inference/answer-part.ts';
import { answerInside } from '../../../model/inference/tile-network.ts';
import { cropRaster } from '../../../model/region.ts';
import { tinyModel, tinyNetworks } from './tiny-model.ts';

const root = resolve(import.meta.dirname, '../../..');
const backends: readonly Backend[] = [tensorflowBackend(new TensorflowAddon(root)), onnxBackend, wasmBackend];
const cases = backends.flatMap((backend) =>
  tinyNetworks.map((config) => ({
    backend,
    config,
    title: `${backend.name}: ${config.kind}, ${config.channels} channels`,
  })),
);
const native = existsSync(addonPath(root));

const tile = { width: 168, height: 120 };
/** At every border and corner, in the middle, and all of it; odd places and sizes. */
const parts = [
  { x: 0, y: 0, width: 168, height: 120 },
  { x: 0, y: 0, width: 31, height: 17 },
  { x: 141, y: 103, width: 27, height: 17 },
  { x: 160, y: 0, width: 8, height: 120 },
  { x: 0, y: 119, width: 168, height: 1 },
  { x: 64, y: 48, width: 40, height: 24 },
  { x: 67, y: 53, width: 13, height: 29 },
  { x: 83, y: 59, width: 1, height: 1 },
  { x: 3, y: 2, width: 163, height: 117 },
];

test.for(cases)('$title answers a part as it answers the whole', async ({ backend, config }, context) => {
  if (backend.name === 'tensorflow' && !native) {
    context.skip('native TensorFlow is not set up here (npm run setup)');
  }
  const network = await backend.load(await tinyModel(config), 1);
  const { samples, noiseFactor } = testTile(tile.width, tile.height, config.channels);
  const all = await network.run(samples, tile.height, tile.width, noiseFactor);
  const whole = { ...tile, channels: config.channels, samples: all };
  for (const part of parts) {
    const answer = await answerInside(network, samples, tile, noiseFactor, part);
    expect(largestDifference(answer, cropRaster(whole, part).samples)).toBeLessThan(2e-6);
  }
  await network.dispose();
});

test.for(cases)('$title needs no more around a part than is read', async ({ backend, config }, context) => {
  if (backend.name === 'tensorflow' && !native) {
    context.skip('native TensorFlow is not set up here (npm run setup)');
  }
  const network = await backend.load(await tinyModel(config), 1);
  const { samples, noiseFactor } = testTile(tile.width, tile.height, config.channels);
  const all = await network.run(samples, tile.height, tile.width, noiseFactor);
  const noisy = { ...tile, channels: config.channels, samples };
  for (const part of parts) {
    const answer = await answerPart(part, tile, network, noiseFactor, (read) => cropRaster(noisy, read));
    expect(largestDifference(answer, cropRaster({ ...noisy, samples: all }, part).samples)).toBeLessThan(
      2e-6,
    );
  }
  await network.dispose();
});

test.each(tinyNetworks)('a $kind with crops still lists every step after those it reads', async (config) => {
  const { graph: plain } = await prepare(await tinyModel(config));
  const graph = withCrops(plain);
  const known = new Set<string>();
  for (const node of graph.nodes) {
    for (const input of inputsOf(node)) expect(known).toContain(input);
    expect(known).not.toContain(node.name);
    known.add(node.name);
  }
  expect(known).toContain(graph.output);
  expect(graph.nodes.filter(({ op }) => op === 'crop').length).toBeGreaterThan(1);
});

test('the layers on the way up compute little more than what is wanted, at a border as far as it', async () => {
  const { graph: plain } = await prepare(await tinyModel(tinyNetworks[0]!));
  const graph = withCrops(plain);
  const crops = cropsFor(graph, { width: 512, height: 256 }, { x: 128, y: 128, width: 256, height: 128 });
  // From the last to the first: three pixels beyond at half size, four at a quarter, on the three sides that go on.
  expect(crops.get('denoised/part/correction')).toEqual({ x: 6, y: 6, width: 256, height: 128 });
  expect(crops.get('denoised/part/noisy')).toEqual({ x: 128, y: 128, width: 256, height: 128 });
  const half = crops.get('skip0/part/up0')!;
  expect([half.width, half.height]).toEqual([128 + 3 + 3, 64 + 3]);
  const quarter = crops.get('skip1/part/up1')!;
  expect([quarter.width, quarter.height]).toEqual([64 + 4 + 4, 32 + 4]);
});
