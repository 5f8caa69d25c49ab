import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { UnetConfig } from '../../contract/network.ts';
import type { TrainingProgress } from '../../contract/train.ts';
import { addonPath, TensorflowAddon } from '../../engine/backends/tensorflow-addon.ts';
import { trainModel } from '../../engine/jobs/train.ts';
import { trainingServices } from '../../engine/training/training-services.ts';
import { pictureFolder, requestFor, scratchFolder, tinyConfig } from './train-fixtures.ts';

const root = join(import.meta.dirname, '../..');
const network: UnetConfig = { kind: 'unet', channels: 3, width: 8, blocks: [1, 1, 1, 1, 1] };

test('on native TensorFlow, too, the same seed gives the same weights and no tensor is left', async (context) => {
  if (!existsSync(addonPath(root))) context.skip('native TensorFlow is not set up (npm run setup)');
  const [pictures, models] = [await pictureFolder(4, 48), await scratchFolder()];
  const services = trainingServices(new TensorflowAddon(root));
  const config = tinyConfig(pictures, { network, batch: 4, patch: 32, length: { steps: 5 }, threads: 2 });
  const run = async (id: string) => {
    const { folder } = await trainModel(
      requestFor(config, models, id),
      services,
      () => undefined,
      context.signal,
    );
    return await readFile(join(folder, 'weights.bin'));
  };
  const first = await run('first');
  const before = tf.memory().numTensors;
  expect((await run('second')).equals(first)).toBe(true);
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.getBackend()).toBe('tensorflow');
});

test('without native TensorFlow it trains on WebAssembly, says why and how much slower, and learns', async ({
  signal,
}) => {
  const [pictures, elsewhere] = [await pictureFolder(4), await scratchFolder()];
  const services = trainingServices(new TensorflowAddon(elsewhere));
  const config = tinyConfig(pictures, { length: { steps: 40 }, validateEvery: 40, learningRate: 5e-3 });
  const told: TrainingProgress[] = [];
  const run = (id: string) =>
    trainModel(requestFor(config, elsewhere, id), services, (progress) => told.push(progress), signal);
  const { folder, validation } = await run('first');
  const { backend } = told[0]!;
  expect(backend).toMatchObject({
    name: 'wasm',
    instead: { phrase: 'backend-not-set-up' },
  });
  expect(backend).toHaveProperty('times');
  expect(validation!.psnr).toBeGreaterThan(validation!.noisyPsnr + 0.2);
  const before = tf.memory().numTensors;
  const second = await run('second');
  expect(tf.memory().numTensors).toBe(before);
  const weights = (at: string) => readFile(join(at, 'weights.bin'));
  expect((await weights(second.folder)).equals(await weights(folder))).toBe(true);
  expect(tf.getBackend()).toBe('wasm');
});
