import type { TrainingConfig } from '../../contract/train.ts';
import { Random } from '../../model/noise/random.ts';
import type { Batch } from '../../model/training/batch.ts';
import { hideInBatch } from '../../model/training/blind-spot.ts';
import { wrongBy } from '../../model/training/noisy-batch.ts';
import type { Example } from './example.ts';
import type { NoiseAdder } from './noise-adder.ts';
import { copyPatch, cutPatches, placePatch } from './patches.ts';

/** Makes the batch of a step from examples, which are drawn at once. The same examples and step, the same batch. */
export type MakeBatch = (draw: (random: Random) => Example, step: number) => Promise<Batch>;

export function batchMaker(config: TrainingConfig, noise: NoiseAdder): MakeBatch {
  const batches = new Random(config.seed).split('batch');
  const shape = { count: config.batch, side: config.patch, channels: config.network.channels };
  switch (config.pictures.kind) {
    case 'clean':
      return (draw, step) => {
        const random = batches.split(step).split('patches');
        const cut = cutPatches((patch) => draw(patch).picture, shape, config.augmentation, random);
        return noise.add(cut, step);
      };
    case 'pairs':
      return (draw, step) => {
        const random = batches.split(step).split('patches');
        return Promise.resolve({ ...shape, ...cutExamples(draw, shape, config, random) });
      };
    case 'noisy':
      return (draw, step) => {
        const random = batches.split(step);
        const { noisy, told } = cutExamples(draw, shape, config, random.split('patches'));
        const hidden = hideInBatch({ ...shape, clean: noisy }, told, random.split('blind spots'));
        return Promise.resolve(hidden);
      };
  }
}

/** Patches of noisy pictures, with those of their targets from the same places, laid the same way. */
function cutExamples(
  draw: (random: Random) => Example,
  { count, side, channels }: { count: number; side: number; channels: 1 | 3 },
  { wrongFactorShare, augmentation }: TrainingConfig,
  random: Random,
): { noisy: Float32Array; clean: Float32Array; told: Float32Array } {
  const size = side * side * channels;
  const noisy = new Float32Array(count * size);
  const clean = new Float32Array(count * size);
  const told = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const stream = random.split(i);
    const { picture, target, noiseFactor } = draw(stream);
    const placement = placePatch(picture, side, augmentation, stream, false);
    copyPatch(picture, placement, noisy.subarray(i * size, (i + 1) * size));
    if (target) copyPatch(target, placement, clean.subarray(i * size, (i + 1) * size));
    told[i] = noiseFactor * wrongBy(wrongFactorShare, stream);
  }
  return { noisy, clean, told };
}
