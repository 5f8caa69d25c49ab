import type * as tf from '@tensorflow/tfjs';
import type { FamiliarPictures, SeenPictures } from '../../contract/familiar.ts';
import { largestFactor, smallestFactor } from '../../contract/noise.ts';
import type { TrainingConfig } from '../../contract/train.ts';
import type { FloatImage } from '../../model/image.ts';
import { reconstructionError } from '../../model/metrics/reconstruction-error.ts';
import { estimateNoise } from '../../model/noise/estimate.ts';
import { addMixture, drawAmounts } from '../../model/noise/mixture.ts';
import { Random } from '../../model/noise/random.ts';
import { clipAndRound } from '../../model/training/noisy-batch.ts';
import { answer } from '../../model/training/validate.ts';
import type { Example } from './example.ts';
import { middleOf } from './validation-crop.ts';

/** Pictures on which the reconstruction error is measured: more would take longer than they tell. */
const MEASURED = 24;
/** Fewer say nothing of how much it varies. */
const LEAST = 4;

interface Parts {
  readonly network: tf.LayersModel;
  readonly multiple: number;
  readonly seen: SeenPictures;
  readonly examples: readonly Example[];
}

/** What a model's card says of the pictures it was trained on, and how much the network takes out of them. */
export async function familiarPicturesOf(config: TrainingConfig, parts: Parts): Promise<FamiliarPictures> {
  return { ...asTrained(config, parts.seen), error: await errorOf(config, parts) };
}

/** With noise added: the noise is that of the ranges; rounded or not, grey or not, by the shares of the patches. */
function asTrained(config: TrainingConfig, seen: SeenPictures): SeenPictures {
  const { pictures, noise, clippedShare, greyShare, network } = config;
  if (pictures.kind !== 'clean') return seen;
  const depths = new Set(seen.bitDepths);
  if (clippedShare > 0) depths.add(8);
  if (clippedShare < 1) depths.add(16).add(32);
  return {
    ...seen,
    noiseFactors: { low: smallestFactor(noise), high: largestFactor(noise) },
    bitDepths: [...depths].sort((a, b) => a - b),
    grey: seen.grey || (network.channels === 3 && greyShare > 0),
  };
}

async function errorOf(
  config: TrainingConfig,
  { network, multiple, examples }: Parts,
): Promise<FamiliarPictures['error']> {
  const random = new Random(config.seed).split('familiar');
  const errors: number[] = [];
  for (let i = 0; i < Math.min(MEASURED, examples.length); i++) {
    const example = examples[Math.floor((i * examples.length) / Math.min(MEASURED, examples.length))]!;
    const noisy = noisyPiece(example, config, multiple, random.split(i));
    // As cleaning measures it, with all its uncertainty.
    const { noiseFactor, clean } = estimateNoise(noisy);
    if (clean) continue;
    const told =
      config.pictures.kind === 'clean' ? Math.min(noiseFactor, largestFactor(config.noise)) : noiseFactor;
    const answered = clipped(await answer(network, noisy, told));
    errors.push(reconstructionError(noisy, { ...noisy, samples: answered }, told, 1));
  }
  if (errors.length < LEAST) return null;
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length;
  return { mean, deviation: Math.sqrt(variance), pictures: errors.length };
}

function noisyPiece(
  { picture }: Example,
  { pictures, noise, clippedShare }: TrainingConfig,
  multiple: number,
  random: Random,
): FloatImage {
  const piece = middleOf(picture, multiple);
  if (pictures.kind !== 'clean') return piece;
  addMixture(piece, drawAmounts(noise, random), random);
  if (random.chance(clippedShare)) clipAndRound(piece.samples);
  return piece;
}

const clipped = (values: Float32Array): Float32Array =>
  values.map((value) => Math.min(1, Math.max(0, value)));
