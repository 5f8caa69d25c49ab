import * as tf from '@tensorflow/tfjs';

/**
 * Sparsity by the absolute size of the code:
 *
 *   Ω = Σⱼ |hⱼ|
 *
 * summed over the units j of the code, mean over the batch and, where the code is a picture of its own, over its
 * places. It draws every unit towards exactly 0, so that few of them speak for any one input (Olshausen and Field,
 * "Emergence of simple-cell receptive field properties by learning a sparse code", 1996; for autoencoders Goodfellow,
 * Bengio and Courville, "Deep Learning", 2016, section 14.2.1).
 * @param code [N, …, units]
 */
export function sparsityL1(code: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.mean(tf.sum(tf.abs(code), -1)));
}
