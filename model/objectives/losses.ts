import * as tf from '@tensorflow/tfjs';
import type { LossName } from '../../contract/train.ts';

/**
 * What a training minimises: the mean of an error over everything in the batch, values on the [0, 1] scale.
 * @param counted 1 where a pixel counts and 0 elsewhere, [N, H, W, 1]; null where all count
 */
export type Loss = (denoised: tf.Tensor4D, clean: tf.Tensor4D, counted?: tf.Tensor4D | null) => tf.Scalar;

/** The error of each value. */
type PointwiseError = (denoised: tf.Tensor4D, clean: tf.Tensor4D) => tf.Tensor4D;

/** Where the Charbonnier error turns from square to absolute. */
const CHARBONNIER_EPSILON = 1e-3;
/** How near 0 and 1 the cross-entropy looks; beyond, its gradient would be infinite (Keras has the same). */
const ENTROPY_EPSILON = 1e-7;

const errors: Readonly<Record<LossName, PointwiseError>> = {
  /** |e|. Sharper and calmer than the squared error (Zhao et al., "Loss Functions for Image Restoration", 2017). */
  'mean-absolute-error': (denoised, clean) => tf.abs(tf.sub(denoised, clean)),

  /** e². What PSNR measures. */
  'mean-squared-error': (denoised, clean) => tf.square(tf.sub(denoised, clean)),

  /**
   * √(e² + ε²): the absolute error without its edge at 0 (Charbonnier et al., "Two deterministic half-quadratic
   * regularization algorithms for computed imaging", 1994; for networks Lai et al., "LapSRN", 2017).
   */
  charbonnier: (denoised, clean) =>
    tf.sqrt(tf.add(tf.square(tf.sub(denoised, clean)), CHARBONNIER_EPSILON ** 2)),

  /**
   * −x log y − (1 − x) log(1 − y): how badly the answer y, read as a probability, foretells the value x. For pictures
   * that are nearly black and white, such as digits and line art, and for answers between 0 and 1; one beyond is
   * also drawn back by its distance, because the logarithms have no say there.
   */
  'binary-cross-entropy': (denoised, clean) => {
    const inside = tf.clipByValue(denoised, ENTROPY_EPSILON, 1 - ENTROPY_EPSILON);
    const white = tf.mul(clean, tf.log(inside));
    const black = tf.mul(tf.sub(1, clean), tf.log(tf.sub(1, inside)));
    const beyond = tf.abs(tf.sub(denoised, tf.clipByValue(denoised, 0, 1)));
    return tf.sub(beyond, tf.add(white, black));
  },
};

/** The mean of an error over the values that count. */
function meanOf(error: PointwiseError): Loss {
  return (denoised, clean, counted = null) =>
    tf.tidy(() => {
      const values = error(denoised, clean);
      if (!counted) return tf.mean(values);
      const channels = denoised.shape[3];
      return tf.div(tf.sum(tf.mul(values, counted)), tf.mul(tf.sum(counted), channels));
    });
}

export const losses: Readonly<Record<LossName, Loss>> = {
  'mean-absolute-error': meanOf(errors['mean-absolute-error']),
  'mean-squared-error': meanOf(errors['mean-squared-error']),
  charbonnier: meanOf(errors.charbonnier),
  'binary-cross-entropy': meanOf(errors['binary-cross-entropy']),
};
