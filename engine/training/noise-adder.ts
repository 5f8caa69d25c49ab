import type { TrainingConfig } from '../../contract/train.ts';
import { Random } from '../../model/noise/random.ts';
import type { Batch } from '../../model/training/batch.ts';
import { addNoise, type CleanPatches } from '../../model/training/noisy-batch.ts';

/** What decides on the noise of a training. */
export type NoiseConfig = Pick<
  TrainingConfig,
  'noise' | 'clippedShare' | 'greyShare' | 'wrongFactorShare' | 'seed'
>;

/** Adds noise to the clean patches of a step. Same config, patches and step, same noise, wherever it is done. */
export interface NoiseAdder {
  /** The patches are given away. */
  add(patches: CleanPatches, step: number): Promise<Batch>;
  close(): Promise<void>;
}

/** The noise of a step follows from the seed and the step's number alone. */
export function addNoiseOf(config: NoiseConfig, patches: CleanPatches, step: number): Batch {
  const random = new Random(config.seed).split('batch').split(step).split('noise');
  return addNoise(patches, { ...config, ranges: config.noise }, random);
}

/** In this thread, where nothing overlaps. */
export const noiseHere = (config: NoiseConfig): NoiseAdder => ({
  add: (patches, step) => Promise.resolve(addNoiseOf(config, patches, step)),
  close: () => Promise.resolve(),
});
