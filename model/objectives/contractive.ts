import * as tf from '@tensorflow/tfjs';
import { gaussianInto } from '../noise/gaussian.ts';
import type { Random } from '../noise/random.ts';

/** What a dense layer may be followed by: its derivative is known from its answer h. */
export type DenseActivation = 'linear' | 'relu' | 'sigmoid' | 'tanh';

/** s′(z) in terms of h = s(z). */
const derivatives: Readonly<Record<DenseActivation, (h: tf.Tensor2D) => tf.Tensor2D>> = {
  linear: (h) => tf.onesLike(h),
  relu: (h) => tf.step(h),
  sigmoid: (h) => tf.mul(h, tf.sub(1, h)),
  tanh: (h) => tf.sub(1, tf.square(h)),
};

/**
 * How much a code changes with its input, exactly, for one dense layer h = s(W x + b):
 *
 *   Ω = ‖∂h/∂x‖² = Σⱼ s′(zⱼ)² Σᵢ Wᵢⱼ²
 *
 * mean over the batch (Rifai et al., "Contractive Auto-Encoders: Explicit Invariance During Feature Extraction", 2011,
 * equation 7 and section 5.1). Small changes of the input then hardly move the code, but along the pictures there are.
 * @param code h, [N, units]
 * @param kernel W, [inputs, units]
 */
export function contractionOfDense(
  code: tf.Tensor2D,
  kernel: tf.Tensor2D,
  activation: DenseActivation,
): tf.Scalar {
  return tf.tidy(() => {
    const slopes = tf.square(derivatives[activation](code)); // [N, units]
    const columns = tf.sum(tf.square(kernel), 0); // [units]
    return tf.mean(tf.sum(tf.mul(slopes, columns), 1));
  });
}

/** Length of a step in each direction: short against what bends a code, long against the rounding of 32-bit floats. */
const STEP = 1e-2;

/**
 * The same for any encoder, by chance: for a direction v of independent standard normal numbers the mean of ‖J v‖² is
 * ‖J‖² (Hutchinson, "A Stochastic Estimator of the Trace of the Influence Matrix", 1990), and J v is what the code
 * changes along v:
 *
 *   Ω ≈ ‖(h(x + ε v) − h(x)) / ε‖²
 *
 * One direction a step is enough, as the steps of a training average over many. Where the code is a picture of its own,
 * mean over its places, as with the other penalties. Gradients pass through both codes.
 * @param encode the encoder; twice called
 * @param input [N, …]
 * @param code h(x) where it is there already
 */
export function contractionByChance(
  encode: (input: tf.Tensor) => tf.Tensor,
  input: tf.Tensor,
  random: Random,
  code: tf.Tensor = encode(input),
): tf.Scalar {
  return tf.tidy(() => {
    const direction = new Float32Array(input.size);
    gaussianInto(random, direction);
    const moved = encode(tf.add(input, tf.mul(tf.tensor(direction, input.shape), STEP)));
    const along = tf.div(tf.sub(moved, code), STEP);
    const [count, ...rest] = code.shape;
    const places = rest.slice(0, -1).reduce((product, side) => product * side, 1);
    return tf.div(tf.sum(tf.square(along)), count * places);
  });
}
