import * as tf from '@tensorflow/tfjs';
import type { LossName } from '../../contract/train.ts';

/** What a training minimises. Both are means over everything in the batch, values on the [0, 1] scale. */
export type Loss = (denoised: tf.Tensor4D, clean: tf.Tensor4D) => tf.Scalar;

export const losses: Readonly<Record<LossName, Loss>> = {
  /** Sharper and calmer than the squared error (Zhao et al., "Loss Functions for Image Restoration", 2017). */
  'mean-absolute-error': (denoised, clean) => tf.tidy(() => tf.mean(tf.abs(tf.sub(denoised, clean)))),
  /** What PSNR measures. */
  'mean-squared-error': (denoised, clean) => tf.tidy(() => tf.mean(tf.square(tf.sub(denoised, clean)))),
};
