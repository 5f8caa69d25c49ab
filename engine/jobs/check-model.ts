import * as tf from '@tensorflow/tfjs';
import { basename } from 'node:path';
import type { EngineApi } from '../../contract/engine-api.ts';
import { layersTopology } from '../../contract/layers-model.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { buildNetwork } from '../../model/networks/build.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import { assignWeights } from '../../model/networks/weights.ts';
import { refusalOf, type Refuse } from '../models/check/refusal.ts';
import { readTopology, sameTopology } from '../models/check/topology.ts';
import { reducesNoise } from '../models/check/trial.ts';
import { readModelFiles, type ModelFiles } from '../models/model-files.ts';

/** Noise of the trial: what the textbook network is trained on, where the card does not set a lower limit. */
const trialNoise = 0.2;

/**
 * Checks a stranger's model folder, from what costs nothing to a run on a small picture. The network that runs is
 * built by this app from its config; what the folder declares is only compared with it.
 * @throws AppError `model-invalid` with the first reason against it
 */
export async function checkModel(
  { folder }: Parameters<EngineApi['checkModel']>[0],
  { signal }: { readonly signal?: AbortSignal } = {},
): ReturnType<EngineApi['checkModel']> {
  const model = basename(folder);
  const refuse = refusalOf(model);
  const files = await readModelFiles(folder, model, signal);
  const { card, network } = files;
  await tf.ready();
  signal?.throwIfAborted();
  const built = buildNetwork(network);
  try {
    refuseOtherTopology(built, files, refuse);
    assignWeights(built, files.weights, model);
    const noiseFactor = Math.min(trialNoise, card?.noise.largest || trialNoise);
    return {
      card,
      network,
      parameters: geometryOf(network).parameters,
      reducesNoise: await reducesNoise(built, network.channels, noiseFactor, refuse),
    };
  } finally {
    built.dispose();
  }
}

/** Layers of the same names and weights may still be joined in another way. */
function refuseOtherTopology(built: tf.LayersModel, { topology }: ModelFiles, refuse: Refuse): void {
  const ours = readTopology(layersTopology.parse(built.toJSON(null, false)), refuse);
  if (!sameTopology(ours, topology)) {
    throw refuse(phrase('model-network-joined', { network: built.name }));
  }
}
