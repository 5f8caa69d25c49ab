import * as tf from '@tensorflow/tfjs';

/** Half a step: short against what bends the objectives, long against the rounding of 32-bit floats. */
const STEP = 1e-2;

/**
 * How far the gradient of a scalar function is from (f(x + ε) − f(x − ε)) / 2ε, taken value by value: the largest
 * difference, as a share of the largest gradient.
 */
export async function gradientError(f: (x: tf.Tensor) => tf.Scalar, x: tf.Tensor): Promise<number> {
  const gradient = tf.grad((given: tf.Tensor) => f(given))(x);
  const expected = await gradient.data();
  const values = await x.data();
  const valueAt = (i: number, change: number) =>
    tf.tidy(() => {
      const moved = Float32Array.from(values);
      moved[i]! += change;
      return f(tf.tensor(moved, x.shape)).dataSync()[0]!;
    });
  let largest = 0;
  let scale = 0;
  for (let i = 0; i < values.length; i++) {
    const measured = (valueAt(i, STEP) - valueAt(i, -STEP)) / (2 * STEP);
    largest = Math.max(largest, Math.abs(measured - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  gradient.dispose();
  return largest / scale;
}
