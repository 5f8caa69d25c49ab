import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import type { TrainRequest } from '../../contract/engine-api.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import { formatNoise, largestFactor } from '../../contract/noise.ts';
import type { Validation } from '../../contract/train.ts';
import type { CardToBe } from '../models/save.ts';

/** How a training stands when its model is saved. */
export interface Standing {
  readonly step: number;
  readonly seconds: number;
  readonly validation: Validation | null;
  /** Training pictures by position of their folder in the config. */
  readonly pictures: readonly number[];
}

/**
 * The card of the model that a training makes. Licence and credits are for the person to say; measurements come
 * from `evaluate`.
 */
export function trainingCard(request: TrainRequest, start: ModelCard | null, now: Standing): CardToBe {
  const { config, target, appVersion } = request;
  const { noise, seed, batch, patch } = config;
  return {
    version: 1,
    id: target.id,
    name: config.name,
    purpose: `Removes noise like ${formatNoise(noise)} (noise factors) from ${
      config.network.channels === 1 ? 'grey' : 'colour'
    } pictures.`,
    network: config.network,
    noise: {
      trained: formatNoise(noise),
      clippedShare: config.clippedShare,
      largest: largestFactor(noise),
    },
    training: {
      sources: config.folders.map((folder, i) => ({
        name: basename(folder),
        pictures: now.pictures[i]!,
        licence: 'not stated',
      })),
      pictures: now.pictures.reduce((sum, count) => sum + count, 0),
      steps: now.step,
      minutes: Math.round(now.seconds / 6) / 10,
      seed,
      batch,
      patch,
      threads: config.threads || availableParallelism(),
      machine: `${cpus()[0]?.model.trim() || 'unknown processor'}, ${availableParallelism()} cores`,
      finished: new Date().toISOString(),
      startedFrom: start && describeStart(start),
      validation: now.validation && { noisyPsnr: now.validation.noisyPsnr, psnr: now.validation.psnr },
    },
    metrics: [],
    licence: 'not stated',
    credits: '',
    appVersion,
  };
}

function describeStart({ id, training, weightsSha256 }: ModelCard): string {
  const before = training.startedFrom === null ? '' : `, itself from ${training.startedFrom}`;
  return `${id} (${training.steps} steps, weights ${weightsSha256.slice(0, 12)}${before})`;
}
