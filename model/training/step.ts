import * as tf from '@tensorflow/tfjs';
import type { Loss } from '../objectives/losses.ts';
import { Random } from '../noise/random.ts';
import type { Adam } from './adam.ts';
import { denoise, type Batch } from './batch.ts';
import type { Penalise } from './penalised.ts';

export interface StepSettings {
  readonly loss: Loss;
  /** Global norm to which the gradients are clipped. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Penalties that are added to the loss. */
  readonly penalise?: Penalise | null;
  /** Of the penalties. */
  readonly random?: Random;
}

export interface StepResult {
  /** Of the answers before the step; penalties do not count, so that trainings can be compared. */
  readonly loss: number;
  /** Length of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/** One step of gradient descent: changes the weights, leaves no tensor behind. */
export async function trainStep(
  network: tf.LayersModel,
  adam: Adam,
  batch: Batch,
  settings: StepSettings,
): Promise<StepResult> {
  const [loss, norm] = tf.tidy((): [tf.Scalar, tf.Scalar] => {
    let error!: tf.Scalar;
    const { grads } = tf.variableGrads(() => {
      const { loss, penalty } = objectiveOf(network, batch, settings);
      error = tf.keep(loss);
      return penalty ? tf.add(loss, penalty) : loss;
    }, adam.weights);
    const norm = globalNorm(grads);
    adam.apply(clipByGlobalNorm(grads, norm, settings.gradientNorm), settings.learningRate);
    return [error, norm];
  });
  const result = { loss: (await loss.data())[0]!, gradientNorm: (await norm.data())[0]! };
  tf.dispose([loss, norm]);
  return result;
}

function objectiveOf(
  network: tf.LayersModel,
  batch: Batch,
  { loss, penalise, random = new Random(0) }: StepSettings,
): { loss: tf.Scalar; penalty: tf.Scalar | null } {
  const { count, side, channels } = batch;
  const noisy = tf.tensor4d(batch.noisy, [count, side, side, channels]);
  const clean = tf.tensor4d(batch.clean, [count, side, side, channels]);
  const told = tf.tensor4d(batch.told, [count, 1, 1, 1]);
  const counted = batch.counted ? tf.tensor4d(batch.counted, [count, side, side, 1]) : null;
  const { denoised, penalty } = penalise
    ? penalise(noisy, told, random)
    : { denoised: denoise(network, noisy, told), penalty: null };
  return { loss: loss(denoised, clean, counted), penalty };
}

export function globalNorm(gradients: tf.NamedTensorMap): tf.Scalar {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient): tf.Scalar => tf.sum(tf.square(gradient)));
    return tf.sqrt(tf.addN(squares));
  });
}

/** Shrinks all gradients together where their common length is over the limit (Pascanu et al., 2013). */
export function clipByGlobalNorm(
  gradients: tf.NamedTensorMap,
  norm: tf.Scalar,
  limit: number,
): tf.NamedTensorMap {
  return tf.tidy(() => {
    const factor = tf.div(limit, tf.maximum(norm, limit)); // 1 where the norm is within the limit
    return Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]),
    );
  });
}
