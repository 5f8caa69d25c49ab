import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { expect, test, type TestContext } from 'vitest';
import type { UnetConfig } from '../../contract/network.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { TrainingConfig } from '../../contract/train.ts';
import { addonPath, TensorflowAddon } from '../../engine/backends/tensorflow-addon.ts';
import { trainModel } from '../../engine/jobs/train.ts';
import { loadModel } from '../../engine/models/load.ts';
import { trainingServices } from '../../engine/training/training-services.ts';
import { psnr } from '../../model/metrics/psnr.ts';
import { buildNetwork } from '../../model/networks/build.ts';
import { assignWeights } from '../../model/networks/weights.ts';
import { Random } from '../../model/noise/random.ts';
import { denoise } from '../../model/training/batch.ts';
import { addGaussian } from '../../model/training/noisy-batch.ts';
import { makeTiff, plainPage } from '../fixtures/pictures-tiff.ts';
import { requestFor, scratchFolder, tinyConfig } from './train-fixtures.ts';

const root = join(import.meta.dirname, '../..');
const SIDE = 64;
const NOISE = 0.12;
const network: UnetConfig = { kind: 'unet', channels: 1, width: 8, blocks: [1, 0, 1, 0, 1] };

/** Round spots and a slope, in [0.2, 0.8]: no two alike. */
function scene(seed: number): Float32Array {
  const random = new Random(seed).split('scene');
  const spots = Array.from({ length: 6 }, () => ({
    x: random.below(SIDE),
    y: random.below(SIDE),
    radius: 5 + random.below(14),
    value: 0.25 + 0.5 * random.uniform(),
  }));
  const slope = random.uniform() - 0.5;
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const spot = spots.findLast((one) => Math.hypot(x - one.x, y - one.y) < one.radius);
    return spot?.value ?? 0.5 + (0.4 * slope * (x + y - SIDE)) / SIDE;
  });
}

const noisy = (seed: number, shot = 0) =>
  addGaussian(scene(seed), NOISE, new Random(seed).split(`noise ${shot}`));

const to16 = (values: Float32Array) =>
  Uint16Array.from(values, (value) => Math.min(65535, Math.max(0, Math.round(65535 * value))));
const page = (samples: Uint16Array | Float32Array) =>
  plainPage({
    width: SIDE,
    height: SIDE,
    channels: 1,
    samples,
    ...(samples instanceof Float32Array ? { sampleFormat: 3 } : {}),
  });
const writePng = (file: string, values: Float32Array) =>
  sharp(
    Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(255 * value)))),
    { raw: { width: SIDE, height: SIDE, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toFile(file);

/** Trains a small network on native TensorFlow for a few hundred steps. */
async function trained(context: TestContext, folder: string, changes: Partial<TrainingConfig>) {
  if (!existsSync(addonPath(root))) context.skip('native TensorFlow is not set up (npm run setup)');
  const services = trainingServices(new TensorflowAddon(root));
  const config = tinyConfig(folder, {
    network,
    batch: 8,
    patch: 32,
    length: { steps: 300 },
    learningRate: 4e-3,
    warmUpSteps: 20,
    averaging: 0.98,
    validateEvery: 100,
    validationShare: 0.2,
    threads: 1,
    ...changes,
  });
  const models = await scratchFolder();
  const request = requestFor(config, models);
  const outcome = await trainModel(request, services, () => undefined, context.signal);
  const model = await loadModel(request.target);
  return { outcome, model };
}

test('pairs by subfolder teach: what was never seen comes out much better than it went in', async (context) => {
  const folder = await scratchFolder();
  for (const side of ['noisy', 'clean']) await mkdir(join(folder, side));
  for (let i = 0; i < 12; i++) {
    await writeFile(join(folder, 'noisy', `${i}.tif`), makeTiff({ pages: [page(to16(noisy(i)))] }));
    await writePng(join(folder, 'clean', `${i}.png`), scene(i));
  }
  await writePng(join(folder, 'noisy', 'odd.png'), noisy(99));
  const pictures = { kind: 'pairs', noisy: 'noisy/*', clean: 'clean/*' } as const;
  const { outcome, model } = await trained(context, folder, { pictures });
  expect(outcome.leftOut).toEqual([
    { file: join(folder, 'noisy', 'odd.png'), reason: phrase('pair-none', { pattern: 'clean/*' }) },
  ]);
  expect(outcome.validation!.noisyPsnr).toBeCloseTo(20 * Math.log10(1 / NOISE), 0);
  expect(outcome.validation!.psnr).toBeGreaterThan(outcome.validation!.noisyPsnr + 5);
  expect(model.card.noise.largest).toBeGreaterThan(NOISE);
  expect(model.card.noise.largest).toBeLessThan(2 * NOISE);
}, 240_000);

test('two noisy shots of each scene teach nearly as well (Noise2Noise)', async (context) => {
  const folder = await scratchFolder();
  for (let i = 0; i < 12; i++) {
    await writePng(join(folder, `${i}_a.png`), noisy(i, 1));
    await writePng(join(folder, `${i}_b.png`), noisy(i, 2));
  }
  const pictures = { kind: 'pairs', noisy: '*_a', clean: '*_b' } as const;
  const { outcome } = await trained(context, folder, { pictures, loss: 'mean-squared-error' });
  // Against another noisy shot a perfect answer is only 3 dB better than the first: half of the difference stays.
  expect(outcome.validation!.psnr - outcome.validation!.noisyPsnr).toBeGreaterThan(2);
}, 240_000);

test('noisy pictures alone teach, in a stack of floats: a blind spot keeps a pixel from answering itself', async (context) => {
  const folder = await scratchFolder();
  const pages = Array.from({ length: 16 }, (_, i) => page(noisy(i)));
  await writeFile(join(folder, 'stack.tif'), makeTiff({ pages }));
  const { outcome, model } = await trained(context, folder, {
    pictures: { kind: 'noisy' },
    length: { steps: 600 },
  });
  expect(outcome.pictures).toBe(13); // of 16 pages, 3 are kept for validation
  const built = buildNetwork(network);
  assignWeights(built, model.weights);
  const answer = (samples: Float32Array) =>
    tf
      .tidy(() =>
        denoise(built, tf.tensor4d(samples, [1, SIDE, SIDE, 1]), tf.tensor4d([NOISE], [1, 1, 1, 1])),
      )
      .dataSync() as Float32Array;
  const [given, clean] = [noisy(500), scene(500)];
  const gain = psnr(answer(given), clean, 1) - psnr(given, clean, 1);
  expect(gain).toBeGreaterThan(4);

  // How much of a pixel's own value comes through: 1 for a network that answers what it was given.
  const before = answer(given);
  const changed = given.slice();
  const probed = Array.from({ length: 49 }, (_, k) => (4 + 8 * Math.floor(k / 7)) * SIDE + 5 + 8 * (k % 7));
  for (const at of probed) changed[at]! += 0.1;
  const after = answer(changed);
  const through = probed.map((at) => (after[at]! - before[at]!) / 0.1);
  expect(Math.abs(through.reduce((sum, value) => sum + value, 0) / probed.length)).toBeLessThan(0.35);
}, 240_000);
