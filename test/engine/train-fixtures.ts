import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import type { TrainRequest } from '../../contract/engine-api.ts';
import type { UnetConfig } from '../../contract/network.ts';
import { trainingConfig, type TrainingConfig } from '../../contract/train.ts';
import type { TrainingServices } from '../../engine/jobs/train.ts';
import { loadModel } from '../../engine/models/load.ts';
import { pictureDecoder } from '../../engine/training/decode-picture.ts';
import { Random } from '../../model/noise/random.ts';

/** A fresh folder that is gone after the test. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'unspeckle-train-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a grey PNG with a few edges and ramps. */
export async function writePicture(file: string, width: number, height: number, seed = 0): Promise<void> {
  const random = new Random(seed);
  const [right, down, edge, step] = [
    random.uniform(),
    random.uniform(),
    random.below(width),
    random.below(90),
  ];
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 60 + 50 * ((right * x) / width + (down * y) / height) + (x > edge ? step : 0);
  });
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(file);
}

/** A folder of small pictures. */
export async function pictureFolder(count: number, side = 24): Promise<string> {
  const folder = await scratchFolder();
  for (let i = 0; i < count; i++) await writePicture(join(folder, `picture-${i}.png`), side, side, i);
  return folder;
}

export const tinyNetwork: UnetConfig = { kind: 'unet', channels: 1, width: 2, blocks: [1, 0, 0, 0, 1] };

/** A training of a few seconds on any backend. */
export function tinyConfig(folder: string, changes: Partial<TrainingConfig> = {}): TrainingConfig {
  return trainingConfig.parse({
    folders: [folder],
    name: 'Tiny',
    network: tinyNetwork,
    length: { steps: 4 },
    batch: 2,
    patch: 16,
    learningRate: 1e-3,
    warmUpSteps: 1,
    validateEvery: 2,
    seed: 1,
    ...changes,
  });
}

export function requestFor(config: TrainingConfig, models: string, id = 'tiny'): TrainRequest {
  return { config, target: { id, folder: join(models, id) }, from: null, appVersion: '0.0.0' };
}

/** The engine's own, but for native TensorFlow: these tests run anywhere. */
export const portableServices: TrainingServices = {
  decode: pictureDecoder(),
  loadModel,
  startBackend: async () => {
    await tf.setBackend('cpu');
    return { name: 'tensorflow' as const };
  },
};

export async function writeGarbage(file: string): Promise<void> {
  await writeFile(file, 'not a picture at all, whatever its name says');
}
