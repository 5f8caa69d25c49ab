import * as tf from '@tensorflow/tfjs';
import { layersTopology } from '../../../contract/layers-model.ts';
import type { NetworkConfig } from '../../../contract/network.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { geometryOf } from '../../../model/networks/geometry.ts';
import { assignWeights } from '../../../model/networks/weights.ts';
import type { ModelFiles } from '../model-files.ts';
import { refusalOf, type Refuse } from './refusal.ts';
import { readTopology, sameTopology } from './topology.ts';
import { reducesNoise } from './trial.ts';

/** More than three times what the largest network takes that a person can ask for by name. */
const mostMultiplyAdds = 1e6;
/** More than twice as far as any of those looks: the tiles of a picture overlap by twice as much. */
const mostRadius = 256;

/** Noise of the trial: what the textbook network is trained on, where the card does not set a lower limit. */
const trialNoise = 0.2;

/**
 * Builds the network of a checked folder and runs it on a small picture. It is built by this app from its config; what
 * the folder declares is only compared with it.
 * @param model what the person knows the model by, for the refusal
 * @returns its number of weights, and whether its answer is nearer to the clean scene than the noisy one is
 * @throws AppError `model-invalid`
 */
export async function tryNetwork(
  files: ModelFiles,
  model: string,
  signal?: AbortSignal,
): Promise<{ parameters: number; reducesNoise: boolean }> {
  const refuse = refusalOf(model);
  const { card, network } = files;
  refuseBeyondMeans(network, refuse);
  await tf.ready();
  signal?.throwIfAborted();
  const built = buildNetwork(network);
  try {
    refuseOtherTopology(built, files, refuse);
    assignWeights(built, files.weights, model);
    const noiseFactor = Math.min(trialNoise, card?.noise.largest || trialNoise);
    const { parameters, multiple } = geometryOf(network);
    const { channels } = network;
    return {
      parameters,
      reducesNoise: await reducesNoise(built, { channels, multiple }, noiseFactor, refuse),
    };
  } finally {
    built.dispose();
  }
}

/** What would clean no picture in a sensible time is not worth the time of a trial. */
function refuseBeyondMeans(network: NetworkConfig, refuse: Refuse): void {
  const { multiplyAdds, radius } = geometryOf(network);
  if (multiplyAdds > mostMultiplyAdds) {
    throw refuse(phrase('model-costly', { cost: Math.round(multiplyAdds), most: mostMultiplyAdds }));
  }
  if (radius > mostRadius) throw refuse(phrase('model-far', { radius, most: mostRadius }));
}

/** Layers of the same names and weights may still be joined in another way. */
function refuseOtherTopology(built: tf.LayersModel, { topology }: ModelFiles, refuse: Refuse): void {
  const ours = readTopology(layersTopology.parse(built.toJSON(null, false)), refuse);
  if (!sameTopology(ours, topology)) {
    throw refuse(phrase('model-network-joined', { network: built.name }));
  }
}
