import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelLocation } from '../../contract/engine-api.ts';
import type { NetworkConfig } from '../../contract/network.ts';
import { largestDifference } from '../../engine/backends/choose.ts';
import { tensorNetwork } from '../../engine/backends/tensor-network.ts';
import { testTile } from '../../engine/backends/test-picture.ts';
import { trainModel } from '../../engine/jobs/train.ts';
import { loadModel } from '../../engine/models/load.ts';
import { onnxFile } from '../../engine/models/onnx-file.ts';
import { pictureFolder, portableServices, requestFor, scratchFolder, tinyConfig } from './train-fixtures.ts';

const independent = resolve(import.meta.dirname, '../independent');
const signal = new AbortController().signal;

const networks: readonly NetworkConfig[] = [
  { kind: 'unet', channels: 3, width: 4, blocks: [1, 0, 1, 0, 1] },
  { kind: 'classic', channels: 1 },
];

/** A model as training leaves it. */
async function trainedModel(network: NetworkConfig): Promise<ModelLocation> {
  const config = tinyConfig(await pictureFolder(3), { network, learningRate: 1e-2 });
  const { model, folder } = await trainModel(
    requestFor(config, await scratchFolder()),
    portableServices,
    () => undefined,
    signal,
  );
  return { id: model, folder };
}

const size = { width: 48, height: 32 };
const noiseFactor = 0.15;

/** What this app answers. */
async function ourAnswer(location: ModelLocation, channels: 1 | 3) {
  const network = await tensorNetwork(await loadModel(location), 'cpu');
  const { samples } = testTile(size.width, size.height, channels);
  const denoised = await network.run(samples, size.height, size.width, noiseFactor);
  await network.dispose();
  return { samples, denoised };
}

/** What a script that knows nothing of this app makes of a file. */
function theirAnswer(script: string, file: string, samples: Float32Array, channels: number): Float32Array {
  const numbers = [size.height, size.width, channels, noiseFactor].map(String);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(independent, script), file, ...numbers],
    {
      input: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
      maxBuffer: 1 << 26,
    },
  );
  if (status !== 0) throw new Error(stderr.toString());
  return new Float32Array(Uint8Array.from(stdout).buffer);
}

test.for(networks)(
  'a trained $kind answers the same in TensorFlow.js and in ONNX Runtime without this app',
  async (network) => {
    const { channels } = network;
    const location = await trainedModel(network);
    const { samples, denoised } = await ourAnswer(location, channels);
    expect(largestDifference(denoised, samples)).toBeGreaterThan(1e-3); // it does something

    const layers = theirAnswer('run-layers-model.mjs', location.folder, samples, channels);
    expect(largestDifference(layers, denoised)).toBeLessThan(1e-4);

    const file = join(await scratchFolder(), 'model.onnx');
    await writeFile(file, (await onnxFile({ model: location })).bytes);
    const onnx = theirAnswer('run-onnx.mjs', file, samples, channels);
    expect(largestDifference(onnx, denoised)).toBeLessThan(1e-4);
  },
);

test('ONNX’s own checker finds nothing to say against an exported file', async (context) => {
  if (spawnSync('python3', ['-c', 'import onnx']).status !== 0) {
    context.skip('the Python package onnx is not installed here');
  }
  for (const network of networks) {
    const file = join(await scratchFolder(), 'model.onnx');
    await writeFile(file, (await onnxFile({ model: await trainedModel(network) })).bytes);
    const script =
      'import sys, onnx; m = onnx.load(sys.argv[1]); onnx.checker.check_model(m, full_check=True);' +
      'print(",".join(i.name for i in m.graph.input), m.graph.output[0].name, m.doc_string.count("\\n"))';
    const { stdout, stderr, status } = spawnSync('python3', ['-c', script, file]);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    const told = network.kind === 'unet';
    expect(stdout.toString().trim()).toBe(told ? 'noisy,noise_factor denoised 3' : 'noisy denoised 2');
  }
});
