/**
 * Turns an export of pretraining (tools/pretrain/export.py) into a model folder that training can start from and
 * cleaning can use. The network built here must first give PyTorch's answer to 1e-4.
 *
 *   npx vite build -c vite.node.config.ts
 *   node out/pretrain.js EXPORT MODEL_FOLDER "Name of the model"
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { largestNoiseFactor } from '../../contract/noise.ts';
import { readPretrainedExport, type PretrainedExport } from '../../engine/models/from-pretrain.ts';
import { saveModel, type CardToBe } from '../../engine/models/save.ts';
import { buildNetwork } from '../../model/networks/build.ts';
import { assignWeights } from '../../model/networks/weights.ts';
import { denoise } from '../../model/training/batch.ts';

const LIMIT = 1e-4;

/** What train.py's two kinds of noise (patches.py, degradations.py) are in a card. */
const GAUSSIAN = {
  purpose: 'Removes Gaussian noise from colour pictures.',
  trained: `gaussian:0-${largestNoiseFactor}`,
};
const PHOTO = {
  purpose: 'Removes the noise of photographs.',
  trained: `camera:0-0.2+gaussian:0-${largestNoiseFactor}+poisson-gaussian:0-0.2+correlated:0.006-0.12+jpeg:40-100`,
};
/** All but the white noise that degradations.py leaves as it is; of Gaussian training the checkpoint tells. */
const PHOTO_CLIPPED_SHARE = 0.93;

const [source, target, name] = process.argv.slice(2);
if (!source || !target || !name) throw new Error('usage: pretrain.js EXPORT MODEL_FOLDER NAME');
const pretrained = await readPretrainedExport(source);
const network = buildNetwork(pretrained.network);
assignWeights(network, pretrained.weights, source);
const difference = await differenceToAnswer(network, pretrained.answer);
console.log(`largest difference to PyTorch's answer: ${difference.toExponential(1)}`);
if (!(difference <= LIMIT))
  throw new Error(`the network does not give PyTorch's answer (${LIMIT} is allowed)`);
const { weightsSha256 } = await saveModel(network, await cardOf(pretrained, target, name), target);
console.log(`${target}: weights ${weightsSha256}`);

async function differenceToAnswer(
  model: tf.LayersModel,
  { noisy, denoised, noiseFactor }: PretrainedExport['answer'],
): Promise<number> {
  const shape: [number, number, number, number] = [1, noisy.height, noisy.width, noisy.channels];
  const told = tf.tensor4d([noiseFactor], [1, 1, 1, 1]);
  const ours = denoise(model, tf.tensor4d(noisy.samples, shape), told);
  return (await tf.max(tf.abs(tf.sub(ours, tf.tensor4d(denoised.samples, shape)))).data())[0]!;
}

async function cardOf({ network: config, trained }: PretrainedExport, folder: string, name: string) {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  const count = (key: string): number => (typeof trained[key] === 'number' ? trained[key] : 0);
  const isPhoto = trained['noise'] === 'photo';
  const noise = isPhoto ? PHOTO : GAUSSIAN;
  const clippedShare = isPhoto ? PHOTO_CLIPPED_SHARE : trained['clipped'];
  if (typeof clippedShare !== 'number') {
    throw new Error(`${source}/weights.json does not say which share of the patches was clipped ("clipped")`);
  }
  const sources = Object.entries((trained['pictures'] ?? {}) as Record<string, number>);
  return {
    version: 1,
    id: basename(folder),
    name,
    purpose: noise.purpose,
    network: config,
    noise: { trained: noise.trained, clippedShare, largest: largestNoiseFactor },
    training: {
      sources: sources.map(([set, pictures]) => ({ name: set, pictures, licence: 'not stated' })),
      pictures: sources.reduce((sum, [, pictures]) => sum + pictures, 0),
      kind: 'clean',
      steps: count('steps'),
      minutes: count('minutes'),
      seed: count('seed'),
      batch: count('batch'),
      patch: count('patch'),
      threads: 1,
      machine: 'PyTorch, tools/pretrain',
      finished: new Date().toISOString(),
      startedFrom: typeof trained['startedFrom'] === 'string' ? trained['startedFrom'] : null,
      validation: null,
    },
    metrics: [],
    licence: 'not stated',
    credits: '',
    appVersion: version,
  } satisfies CardToBe;
}
