import type { TrainingConfig } from '../../contract/train.ts';
import type { Random } from '../../model/noise/random.ts';
import type { Batch } from '../../model/training/batch.ts';
import { hideInBatch } from '../../model/training/blind-spot.ts';
import { addNoise, wrongBy } from '../../model/training/noisy-batch.ts';
import type { Example } from './example.ts';
import { copyPatch, cutPatches, placePatch } from './patches.ts';

/** Makes the batch of a step from examples. The same random stream, the same batch. */
export type MakeBatch = (draw: (random: Random) => Example, random: Random) => Batch;

export function batchMaker(config: TrainingConfig): MakeBatch {
  const shape = { count: config.batch, side: config.patch, channels: config.network.channels };
  switch (config.pictures.kind) {
    case 'clean':
      return (draw, random) => {
        const patches = cutPatches(
          (patch) => draw(patch).picture,
          shape,
          config.augmentation,
          random.split('patches'),
        );
        return addNoise(patches, { ...config, ranges: config.noise }, random.split('noise'));
      };
    case 'pairs':
      return (draw, random) => {
        const { noisy, clean, told } = cutExamples(draw, shape, config, random.split('patches'));
        return { ...shape, noisy, clean, told };
      };
    case 'noisy':
      return (draw, random) => {
        const { noisy, told } = cutExamples(draw, shape, config, random.split('patches'));
        return hideInBatch({ ...shape, clean: noisy }, told, random.split('blind spots'));
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
