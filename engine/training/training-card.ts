import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import type { TrainRequest } from '../../contract/engine-api.ts';
import type { FamiliarPictures } from '../../contract/familiar.ts';
import { mostSources, type ModelCard, type PictureSource } from '../../contract/model-card.ts';
import { formatNoise, largestFactor } from '../../contract/noise.ts';
import type { TrainingConfig, Validation } from '../../contract/train.ts';
import type { CardToBe } from '../models/save.ts';

/** How a training stands when its model is saved. */
export interface Standing {
  readonly step: number;
  readonly seconds: number;
  readonly validation: Validation | null;
  /** Training pictures by position of their folder in the config. */
  readonly pictures: readonly number[];
  readonly validationPictures: number;
  /** What the pictures were like; null before the first was read. */
  readonly familiar: FamiliarPictures | null;
}

/** A picture somewhat noisier than those of the training may still be told what it has. */
const BEYOND_TRAINED = 1.25;

/** What its pictures were, which a network for colour may have learnt from grey ones alone. */
function coloursLearnt({ network }: TrainingConfig, familiar: FamiliarPictures | null): string {
  const { grey, colour } = familiar ?? { grey: network.channels === 1, colour: network.channels === 3 };
  return grey && colour ? 'grey and colour' : grey ? 'grey' : 'colour';
}

/**
 * The card of the model that a training makes. Licence and credits are for the person to say; measurements come
 * from `evaluate`.
 */
export function trainingCard(request: TrainRequest, start: ModelCard | null, now: Standing): CardToBe {
  const { config, target, appVersion } = request;
  const { noise, seed, batch, patch, loss, learningRate } = config;
  const noisiest = now.familiar?.noiseFactors.high ?? 0;
  return {
    version: 1,
    id: target.id,
    name: config.name,
    purpose: `Removes noise like ${trainedNoise(config)} from ${coloursLearnt(config, now.familiar)} pictures.`,
    network: config.network,
    noise: {
      trained: config.pictures.kind === 'clean' ? formatNoise(noise) : trainedNoise(config),
      clippedShare: config.pictures.kind === 'clean' ? config.clippedShare : 0,
      largest:
        config.pictures.kind === 'clean' ? largestFactor(noise) : Math.min(1, BEYOND_TRAINED * noisiest),
    },
    training: {
      sources: sourcesOf(config.folders, now.pictures),
      pictures: now.pictures.reduce((sum, count) => sum + count, 0),
      kind: config.pictures.kind,
      steps: now.step,
      minutes: Math.round(now.seconds / 6) / 10,
      seed,
      batch,
      patch,
      threads: config.threads || availableParallelism(),
      machine: `${cpus()[0]?.model.trim() || 'unknown processor'}, ${availableParallelism()} cores`,
      finished: new Date().toISOString(),
      startedFrom: start && describeStart(start),
      validationPictures: now.validationPictures,
      loss,
      learningRate,
      validation: now.validation && measured(now.validation),
    },
    ...(now.familiar ? { familiar: now.familiar } : {}),
    metrics: [],
    licence: 'not stated',
    credits: '',
    appVersion,
  };
}

function sourcesOf(folders: readonly string[], pictures: readonly number[]): PictureSource[] {
  const licence = 'not stated';
  const all = folders.map((folder, i) => ({ name: basename(folder), pictures: pictures[i]!, licence }));
  if (all.length <= mostSources) return all;
  const rest = all.slice(mostSources - 1);
  const sum = rest.reduce((total, source) => total + source.pictures, 0);
  return [...all.slice(0, mostSources - 1), { name: `and ${rest.length} more`, pictures: sum, licence }];
}

/** Before and after; what was not measured stays away from the file. */
function measured({
  step: _,
  best: __,
  loss: ___,
  ...found
}: Validation): ModelCard['training']['validation'] {
  return found;
}

/** The noise a model removes, in words. */
function trainedNoise({ pictures, noise }: TrainingConfig): string {
  switch (pictures.kind) {
    case 'clean':
      return `${formatNoise(noise)} (noise factors)`;
    case 'pairs':
      return 'that of the pairs it was trained on';
    case 'noisy':
      return 'that of the noisy pictures it was trained on';
  }
}

/** Of a long line of ancestors the oldest are left out: a card that is longer than cards may be could not be read again. */
const longestLine = 2000;

function describeStart({ id, training, weightsSha256 }: ModelCard): string {
  const before = training.startedFrom === null ? '' : `, itself from ${training.startedFrom}`;
  const line = before.length > longestLine ? `${before.slice(0, longestLine)}…` : before;
  return `${id} (${training.steps} steps, weights ${weightsSha256.slice(0, 12)}${line})`;
}
