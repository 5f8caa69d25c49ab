import * as tf from '@tensorflow/tfjs';
import type { EndLoss, LossName } from '../../contract/train.ts';
import { losses, type Loss } from './losses.ts';

/** The last part of a training in which the squared error may take over. */
const END_SHARE = 0.1;
/** Steps over which the typical error is a running mean. */
const TYPICAL_STEPS = 100;

export interface LossChoice {
  readonly loss: LossName;
  /** What the last tenth minimises where the loss is an absolute one. */
  readonly endLoss: EndLoss;
}

/**
 * What a step minimises. An absolute error trains faster, the squared error is what PSNR measures, so it has the last
 * tenth of a training.
 *
 * It is scaled by 1 / (2 · typical error): then its gradient, 2e / (2 · typical), is about as long as that of |e|, which
 * Adam's running second moment was measured on and gradients were clipped for. An unscaled one would be some twenty
 * times shorter, and learning would all but stop until the moment has forgotten.
 *
 * @param progress of the training, 0 to 1
 * @param typicalError running mean of the absolute error; null before the first step
 */
export function lossFor(choice: LossChoice, progress: number, typicalError: number | null): Loss {
  if (!isAtEnd(choice, progress) || typicalError === null) return losses[choice.loss];
  const scale = 1 / (2 * Math.max(typicalError, 1e-6));
  return (denoised, clean, counted) =>
    tf.tidy(() => tf.mul(losses['mean-squared-error'](denoised, clean, counted), scale));
}

/** The typical error after one more step; it rests once the squared error has taken over. */
export function nextTypicalError(
  choice: LossChoice,
  progress: number,
  typicalError: number | null,
  loss: number,
): number | null {
  if (isAtEnd(choice, progress)) return typicalError;
  return typicalError === null ? loss : typicalError + (loss - typicalError) / TYPICAL_STEPS;
}

function isAtEnd({ loss, endLoss }: LossChoice, progress: number): boolean {
  const absolute = loss === 'mean-absolute-error' || loss === 'charbonnier';
  return absolute && endLoss === 'mean-squared-error' && progress >= 1 - END_SHARE;
}
