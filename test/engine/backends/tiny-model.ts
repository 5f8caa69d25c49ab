import * as tf from '@tensorflow/tfjs';
import type { ModelCard } from '../../../contract/model-card.ts';
import type { NetworkConfig } from '../../../contract/network.ts';
import { onBackend } from '../../../engine/backends/on-backend.ts';
import type { LoadedModel } from '../../../engine/models/load.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { initialiseWeights } from '../../../model/networks/initialise.ts';
import { weightNames, type NamedWeights } from '../../../model/networks/weights.ts';

/** Small networks of both kinds, of one and three channels, with every kind of layer. */
export const tinyNetworks: readonly NetworkConfig[] = [
  { kind: 'unet', channels: 3, width: 4, blocks: [1, 1, 1, 1, 1] },
  { kind: 'unet', channels: 1, width: 3, blocks: [2, 0, 1, 0, 1] },
  { kind: 'classic', channels: 1 },
  { kind: 'classic', channels: 3 },
];

/** An untrained model whose correction is large enough that mistakes show. */
export async function tinyModel(network: NetworkConfig, seed = 5): Promise<LoadedModel> {
  const weights = await onBackend('cpu', (): NamedWeights => {
    const built = buildNetwork(network);
    initialiseWeights(built, network, seed);
    const names = weightNames(built);
    const entries = built
      .getWeights()
      .map((tensor, i): [string, { shape: number[]; values: Float32Array }] => {
        const values = tensor.dataSync().slice() as Float32Array;
        return [names[i]!, { shape: tensor.shape, values: values.map((value) => lively(names[i]!, value)) }];
      });
    built.dispose();
    return new Map(entries);
  });
  return { id: 'tiny', card: cardOf(network), weights };
}

/** Biases begin at 0 and corrections near it: both would hide errors. */
function lively(name: string, value: number): number {
  if (name.endsWith('/bias')) return value + 0.05;
  return name.startsWith('correction') ? 30 * value : value;
}

function cardOf(network: NetworkConfig): ModelCard {
  return {
    version: 1,
    id: 'tiny',
    name: 'tiny',
    purpose: 'tests',
    network,
    noise: { trained: 'gaussian:0-0.22', clippedShare: 0.5, largest: 0.22 },
    training: {
      sources: [],
      pictures: 0,
      steps: 0,
      minutes: 0,
      seed: 0,
      batch: 0,
      patch: 0,
      threads: 0,
      machine: '',
      finished: '',
      startedFrom: null,
      validation: null,
    },
    metrics: [],
    licence: '',
    credits: '',
    appVersion: '0.0.0',
    weightsSha256: '0'.repeat(64),
  };
}

/** Tensors that TensorFlow.js knows of. */
export const tensorCount = (): number => tf.memory().numTensors;
