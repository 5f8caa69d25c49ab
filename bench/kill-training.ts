/**
 * Kills a training with SIGKILL at random moments and takes it up each time, then compares it with one that was left
 * alone: `npm run bench -- bench/kill-training.ts [KILLS=30] [STEPS=1500]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { TrainRequest } from '../contract/engine-api.ts';
import { trainingConfig } from '../contract/train.ts';
import { Random } from '../model/noise/random.ts';
import {
  buildTrainingProcess,
  differenceOfCurves,
  lastCheckpoint,
  live,
  liveThroughKills,
} from '../test/engine/kill-training.ts';

const [kills = 30, steps = 1500] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), 'unspeckle-kills-'));
const [width, height] = [64, 48];
for (let i = 0; i < 12; i++) {
  const random = new Random(i);
  const coarse = Uint8Array.from({ length: 8 * 6 }, () => random.below(256));
  const raw = { width: 8, height: 6, channels: 1 as const };
  await sharp(coarse, { raw })
    .resize(width, height)
    .png()
    .toFile(join(folder, `${i}.png`));
}
const config = trainingConfig.parse({
  folders: [folder],
  name: 'killed',
  network: { kind: 'unet', channels: 1, width: 4, blocks: [1, 0, 1, 0, 1] },
  length: { steps },
  batch: 4,
  patch: 32,
  validateEvery: 10,
  cache: 20_000,
  threads: 1,
  seed: 1,
});
const requestOf = (id: string): TrainRequest => ({
  config,
  target: { id, folder: join(folder, 'models', id) },
  from: null,
  appVersion: '0.0.0',
  checkpoints: join(folder, `checkpoints-${id}`),
});
try {
  const program = await buildTrainingProcess();
  const undisturbed = await live(program, requestOf('whole'), null);
  const within = Math.max(50, undisturbed.milliseconds / kills);
  const { killed, resumedAt } = await liveThroughKills(program, requestOf('killed'), { kills, within });
  const [whole, survivor] = [
    await lastCheckpoint(requestOf('whole')),
    await lastCheckpoint(requestOf('killed')),
  ];
  console.log(`killed ${killed} times, taken up at steps ${resumedAt.join(', ')}`);
  console.log(`largest difference of the curves: ${differenceOfCurves(whole, survivor)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
