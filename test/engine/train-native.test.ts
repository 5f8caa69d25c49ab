import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { UnetConfig } from '../../contract/network.ts';
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

test('without native TensorFlow a training says what it lacks', async () => {
  const [pictures, elsewhere] = [await pictureFolder(1), await scratchFolder()];
  const services = trainingServices(new TensorflowAddon(elsewhere));
  const run = trainModel(
    requestFor(tinyConfig(pictures), elsewhere),
    services,
    () => undefined,
    new AbortController().signal,
  );
  await expect(run).rejects.toMatchObject({ code: 'training-unavailable' });
  await expect(run).rejects.toThrow('npm run setup');
});
