import * as tf from '@tensorflow/tfjs';
import { AppError } from '../../contract/errors.ts';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';

/** One weight tensor by value. */
export interface WeightValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Weights by name, such as `stem/kernel`: layer name, slash, `kernel` or `bias`. */
export type NamedWeights = ReadonlyMap<string, WeightValues>;

/** Names of a network's weights in the order of `getWeights`, the same for every copy of the network. */
export function weightNames(network: tf.LayersModel): string[] {
  return network.weights.map(({ originalName }) => originalName);
}

/** Copies a network's weights out of the backend. */
export async function weightsOf(network: tf.LayersModel): Promise<Map<string, WeightValues>> {
  const names = weightNames(network);
  const tensors = network.getWeights(); // the network's own: not disposed here
  const entries = tensors.map(async (tensor, i): Promise<[string, WeightValues]> => {
    return [names[i]!, { shape: tensor.shape, values: (await tensor.data()) as Float32Array }];
  });
  return new Map(await Promise.all(entries));
}

/**
 * Gives a network weights by name.
 * @throws AppError `model-unsuitable` when one is missing, left over or of another shape
 */
export function assignWeights(network: tf.LayersModel, weights: NamedWeights, model = network.name): void {
  const names = weightNames(network);
  const unsuitable = (reason: Phrase) => new AppError('model-unsuitable', { model, reason });
  const leftOver = [...weights.keys()].find((name) => !names.includes(name));
  if (leftOver !== undefined) throw unsuitable(phrase('model-weights-no-place', { name: leftOver }));
  tf.tidy(() => {
    const tensors = network.weights.map(({ originalName, shape }) => {
      const found = weights.get(originalName);
      if (!found) throw unsuitable(phrase('model-weights-missing', { name: originalName }));
      if (found.shape.join() !== shape.join()) {
        const sizes = { shape: found.shape.join('×'), needed: shape.join('×') };
        throw unsuitable(phrase('model-shape', { name: originalName, ...sizes }));
      }
      return tf.tensor(found.values, [...found.shape], 'float32');
    });
    network.setWeights(tensors);
  });
}
