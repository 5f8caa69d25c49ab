import * as tf from '@tensorflow/tfjs';

/** Training patches by value: typed arrays, so that they can be made, tested and sent without TensorFlow. */
export interface Batch {
  readonly count: number;
  /** Side of the square patches. */
  readonly side: number;
  readonly channels: number;
  /** `[count, side, side, channels]`, values in [0, 1]. */
  readonly clean: Float32Array;
  /** The same with noise; beyond [0, 1] unless clipped. */
  readonly noisy: Float32Array;
  /** The noise factor each patch's network is told: `[count]`. */
  readonly told: Float32Array;
  /** 1 where the answer counts and 0 elsewhere, `[count, side, side, 1]`; all count where it is not given. */
  readonly counted?: Float32Array;
}

/** The answer of a network, whether it takes the noise factor or not. `told` is [N, 1, 1, 1]. */
export function denoise(network: tf.LayersModel, noisy: tf.Tensor4D, told: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => network.apply(inputsFor(network, noisy, told)) as tf.Tensor4D);
}

/** What a network is given: the noise factor as a plane, where it takes it. */
export function inputsFor(network: tf.LayersModel, noisy: tf.Tensor4D, told: tf.Tensor4D): tf.Tensor4D[] {
  if (network.inputs.length === 1) return [noisy];
  const [count, height, width] = noisy.shape;
  return [noisy, tf.broadcastTo(told, [count, height, width, 1])];
}
