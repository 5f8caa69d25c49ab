import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { trainModel } from '../../engine/jobs/train.ts';
import { pictureFolder, portableServices, requestFor, scratchFolder, tinyConfig } from './train-fixtures.ts';

test('over 2,000 steps with their validations, checkpoints and pictures to watch no tensor is left', async (context) => {
  if (process.env['MODE'] !== 'long') context.skip('takes a minute: npm run test:long runs it');
  const [pictures, models] = [await pictureFolder(6), await scratchFolder()];
  const config = tinyConfig(pictures, { length: { steps: 2000 }, validateEvery: 100 });
  const places = { checkpoints: join(models, 'checkpoints'), snapshots: join(models, 'snapshots') };
  const counts: number[] = [];
  const outcome = await trainModel(
    { ...requestFor(config, models), ...places },
    portableServices,
    ({ validation }) => {
      if (validation) counts.push(tf.memory().numTensors);
    },
    context.signal,
  );
  expect(outcome.steps).toBe(2000);
  expect(counts.length).toBeGreaterThanOrEqual(20);
  expect(new Set(counts).size).toBe(1);
}, 600_000);
