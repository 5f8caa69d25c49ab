import * as tf from '@tensorflow/tfjs';
import type { Penalty } from '../../contract/penalties.ts';
import type { Random } from '../noise/random.ts';
import { contractionByChance } from './contractive.ts';
import { sparsityKl, activationOf } from './sparsity-kl.ts';
import { sparsityL1 } from './sparsity-l1.ts';
import { weightDecay } from './weight-decay.ts';

/** What penalties look at in one step. */
export interface Penalised {
  /** The code of the batch, [N, …, units]. */
  readonly code: tf.Tensor;
  /** What the code was made of. */
  readonly noisy: tf.Tensor;
  readonly encode: (noisy: tf.Tensor) => tf.Tensor;
  readonly kernels: readonly tf.Tensor[];
  readonly random: Random;
}

/** All penalties together, each with its weight; to be added to the error. At least one is needed. */
export function penaltySum(penalties: readonly Penalty[], about: Penalised): tf.Scalar {
  return tf.tidy(() =>
    tf.addN(penalties.map((penalty) => tf.mul(penaltyOf(penalty, about), penalty.weight))),
  );
}

function penaltyOf(penalty: Penalty, { code, noisy, encode, kernels, random }: Penalised): tf.Scalar {
  switch (penalty.kind) {
    case 'sparsity-l1':
      return sparsityL1(code);
    case 'sparsity-kl':
      return sparsityKl(activationOf(code), penalty.activation);
    case 'contractive':
      return contractionByChance(encode, noisy, random, code);
    case 'weight-decay':
      return weightDecay(kernels);
  }
}
