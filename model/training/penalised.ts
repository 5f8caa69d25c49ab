import type * as tf from '@tensorflow/tfjs';
import type { NetworkConfig } from '../../contract/network.ts';
import type { Penalty } from '../../contract/penalties.ts';
import { encoderOf, withCode } from '../networks/code.ts';
import { weightNames } from '../networks/weights.ts';
import type { Random } from '../noise/random.ts';
import { penaltySum } from '../objectives/penalties.ts';
import { inputsFor } from './batch.ts';

/** What a network answers in a step, and what its penalties come to. */
export interface PenalisedAnswer {
  readonly denoised: tf.Tensor4D;
  readonly penalty: tf.Scalar;
}

/** Answers and penalises. Differentiable; the random stream decides on directions of the contractive penalty. */
export type Penalise = (noisy: tf.Tensor4D, told: tf.Tensor4D, random: Random) => PenalisedAnswer;

/** A network with penalties on its code and weights; null where none are asked for. Holds no tensors of its own. */
export function penalised(
  network: tf.LayersModel,
  config: NetworkConfig,
  penalties: readonly Penalty[],
): Penalise | null {
  if (penalties.length === 0) return null;
  const names = weightNames(network);
  const kernels = () =>
    network.weights.flatMap((weight, i) => (names[i]!.endsWith('/kernel') ? [weight.read()] : []));
  const both = withCode(network, config);
  const encoder = encoderOf(network, config);
  return (noisy, told, random) => {
    const [denoised, code] = both.apply(inputsFor(network, noisy, told)) as [tf.Tensor4D, tf.Tensor4D];
    const encode = (moved: tf.Tensor) =>
      encoder.apply(inputsFor(network, moved as tf.Tensor4D, told)) as tf.Tensor;
    return { denoised, penalty: penaltySum(penalties, { code, noisy, encode, kernels: kernels(), random }) };
  };
}
