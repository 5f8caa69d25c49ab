import * as tf from '@tensorflow/tfjs';
import { buildNetwork } from '../../model/networks/build.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import { assignWeights } from '../../model/networks/weights.ts';
import type { LoadedModel } from '../models/load.ts';
import type { BackendNetwork } from './backend.ts';
import { onBackend } from './on-backend.ts';
import { prepare } from './prepared-model.ts';

/** Memory it takes in place of each byte that has to be there: nothing is merged. */
const MEMORY_FACTOR = 4;

/**
 * A model run layer by layer by TensorFlow.js on one of its backends. The slow, plain way: what the others are
 * compared with, and what runs on WebAssembly.
 * @param backend name under which TensorFlow.js knows it
 */
export async function tensorNetwork(model: LoadedModel, backend: string): Promise<BackendNetwork> {
  const { network: config, id } = model.card;
  const { liveBytes } = await prepare(model);
  const network = await onBackend(backend, () => {
    const built = buildNetwork(config);
    assignWeights(built, model.weights, id);
    return built;
  });
  const { radius, blockRadius, multiple } = geometryOf(config);
  return {
    channels: config.channels,
    radius,
    blockRadius,
    multiple,
    bytesPerPixel: MEMORY_FACTOR * liveBytes,
    run: (tile, height, width, noiseFactor) =>
      onBackend(backend, () =>
        tf.tidy(() => {
          const noisy = tf.tensor4d(tile, [1, height, width, config.channels]);
          const plane = () => tf.fill([1, height, width, 1], noiseFactor);
          const inputs = network.inputs.length > 1 ? [noisy, plane()] : noisy;
          return (network.predict(inputs) as tf.Tensor).dataSync() as Float32Array;
        }),
      ),
    dispose: () => onBackend(backend, () => void network.dispose()),
  };
}
