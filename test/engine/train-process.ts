/**
 * A training in a process of its own, to be killed: `node train-process.mjs REQUEST ROOT`. A line of JSON for each
 * progress, one with the outcome. On native TensorFlow where it is set up, else in plain JavaScript.
 */
import * as tf from '@tensorflow/tfjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainRequest } from '../../contract/engine-api.ts';
import { failureOf } from '../../contract/errors.ts';
import { addonPath, TensorflowAddon } from '../../engine/backends/tensorflow-addon.ts';
import { trainModel, type TrainingServices } from '../../engine/jobs/train.ts';
import { loadModel } from '../../engine/models/load.ts';
import { noiseThread } from '../../engine/training/noise-thread.ts';
import { pictureDecoder } from '../../engine/training/decode-picture.ts';
import { trainingServices } from '../../engine/training/training-services.ts';

const [request = '', root = ''] = process.argv.slice(2);
const noiseProgram = join(import.meta.dirname, 'noise-worker.mjs');
const portable: TrainingServices = {
  decode: pictureDecoder(),
  noiseAdder: (config) => noiseThread(noiseProgram, config),
  loadModel,
  startBackend: async () => {
    await tf.setBackend('cpu');
    return { name: 'tensorflow' as const };
  },
};
const services = existsSync(addonPath(root))
  ? trainingServices(new TensorflowAddon(root), noiseProgram)
  : portable;
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

tell({ begun: process.pid });
try {
  const parsed = JSON.parse(request) as TrainRequest;
  tell({ outcome: await trainModel(parsed, services, (progress) => tell({ progress }), stop.signal) });
} catch (error) {
  tell({ failure: failureOf(error) });
  process.exitCode = 1;
}
