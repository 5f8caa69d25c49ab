import * as tf from '@tensorflow/tfjs';

/**
 * Small weights:
 *
 *   Ω = ½ Σ w²
 *
 * over all kernels; biases are free. Its gradient is w itself: every step takes a share of each weight away that the
 * error does not hold fast (Krogh and Hertz, "A Simple Weight Decay Can Improve Generalization", 1992; λ of Ng's "Sparse
 * autoencoder", 2011).
 */
export function weightDecay(kernels: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => tf.div(tf.addN(kernels.map((kernel) => tf.sum(tf.square(kernel)))), 2));
}
