import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPretrainedExport } from '../../engine/models/from-pretrain.ts';
import { scratchFolder } from './train-fixtures.ts';

/** What the exporter would write of a network of two tensors, with a 1×2 grey image. */
async function writeExport(weights: number[]): Promise<string> {
  const folder = await scratchFolder();
  const write = (name: string, content: object | Float32Array) =>
    writeFile(join(folder, name), content instanceof Float32Array ? content : JSON.stringify(content));
  await write('weights.json', {
    network: { kind: 'unet', width: 1, blocks: [0, 0, 0, 0, 0], channels: 1 },
    trained: { steps: 7 },
    tensors: [
      { name: 'stem/kernel', shape: [1, 2, 1, 1] },
      { name: 'stem/bias', shape: [1] },
    ],
  });
  await write('weights.bin', Float32Array.from(weights));
  const image = { shape: [1, 2, 1] };
  await write('answer.json', {
    noiseFactor: 0.1,
    tensors: [
      { name: 'noisy', ...image },
      { name: 'denoised', ...image },
    ],
  });
  await write('answer.bin', Float32Array.of(0.25, 0.5, 0.75, 1));
  return folder;
}

test('an export is read tensor by tensor, with the answer that goes with it', async () => {
  const { network, trained, weights, answer } = await readPretrainedExport(await writeExport([1, 2, 3]));
  expect(network).toMatchObject({ kind: 'unet', width: 1 });
  expect(trained).toEqual({ steps: 7 });
  expect(weights.get('stem/kernel')).toEqual({ shape: [1, 2, 1, 1], values: Float32Array.of(1, 2) });
  expect(weights.get('stem/bias')!.values).toEqual(Float32Array.of(3));
  expect(answer.noisy).toEqual({ width: 2, height: 1, channels: 1, samples: Float32Array.of(0.25, 0.5) });
  expect(answer.denoised.samples).toEqual(Float32Array.of(0.75, 1));
  expect(answer.noiseFactor).toBe(0.1);
});

test('an export whose weights are cut short is refused', async () => {
  await expect(readPretrainedExport(await writeExport([1, 2]))).rejects.toThrow(
    'weights.bin holds 2 values, not 3',
  );
});
