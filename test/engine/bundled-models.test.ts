import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { largestDifference } from '../../engine/backends/choose.ts';
import { tensorNetwork } from '../../engine/backends/tensor-network.ts';
import { readPretrainedAnswer } from '../../engine/models/from-pretrain.ts';
import { loadModel } from '../../engine/models/load.ts';

const pretrained = resolve(import.meta.dirname, '../../model/pretrained');
const answers = resolve(import.meta.dirname, '../fixtures/answers');
const bundled = readdirSync(pretrained, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test('there is an answer of PyTorch for each bundled model', () => {
  expect(bundled.length).toBeGreaterThan(0);
  expect(readdirSync(answers).sort()).toEqual(bundled.toSorted());
});

/** Written by tools/pretrain/export.py. */
test.each(bundled)('%s answers what PyTorch answers, to 1e-4', async (id) => {
  const { noisy, denoised, noiseFactor } = await readPretrainedAnswer(join(answers, id));
  const network = await tensorNetwork(await loadModel({ id, folder: join(pretrained, id) }), 'cpu');
  const ours = await network.run(noisy.samples, noisy.height, noisy.width, noiseFactor);
  await network.dispose();
  expect(largestDifference(noisy.samples, denoised.samples)).toBeGreaterThan(0.1); // it does something
  expect(largestDifference(ours, denoised.samples)).toBeLessThanOrEqual(1e-4);
});
