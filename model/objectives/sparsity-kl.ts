import * as tf from '@tensorflow/tfjs';

/** How near 0 and 1 a mean activation counts; beyond, the logarithms would be infinite. */
const EPSILON = 1e-6;

/**
 * Sparsity by how often the units are active:
 *
 *   Ω = Σⱼ KL(ρ ‖ ρ̂ⱼ) = Σⱼ ρ log(ρ / ρ̂ⱼ) + (1 − ρ) log((1 − ρ) / (1 − ρ̂ⱼ))
 *
 * where ρ̂ⱼ is the mean activation of unit j over the batch, and over its places where the code is a picture of its own
 * (Ng, "Sparse autoencoder", CS294A lecture notes, Stanford 2011). Each unit is asked to be active about ρ of the time:
 * none may sleep, none may always speak. 0 where all are.
 * @param activations [N, …, units], in [0, 1]; see `activationOf`
 * @param target ρ, between 0 and 1
 */
export function sparsityKl(activations: tf.Tensor, target: number): tf.Scalar {
  return tf.tidy(() => {
    const places = activations.shape.slice(0, -1).map((_, axis) => axis);
    const mean = tf.clipByValue(tf.mean(activations, places), EPSILON, 1 - EPSILON); // [units]
    const active = tf.mul(target, tf.sub(Math.log(target), tf.log(mean)));
    const silent = tf.mul(1 - target, tf.sub(Math.log(1 - target), tf.log(tf.sub(1, mean))));
    return tf.sum(tf.add(active, silent));
  });
}

/**
 * How active units are, in [0, 1), where their values have no bound: tanh |h|. Ng's units are sigmoids and need none
 * of this; those of convolutional codes are rectified or linear.
 */
export function activationOf(code: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.tanh(tf.abs(code)));
}
