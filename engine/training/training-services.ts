import * as tf from '@tensorflow/tfjs';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { TensorflowAddon } from '../backends/tensorflow-addon.ts';
import type { TrainingServices } from '../jobs/train.ts';
import { loadModel } from '../models/load.ts';
import { pictureDecoder } from './decode-picture.ts';

/** The services of a real training: native TensorFlow, the picture decoder and the model folders of the engine. */
export function trainingServices(addon: TensorflowAddon): TrainingServices {
  return { decode: pictureDecoder(), loadModel, startBackend: (threads) => startTensorflow(addon, threads) };
}

/** @throws AppError `training-unavailable` */
async function startTensorflow(addon: TensorflowAddon, threads: number): Promise<void> {
  try {
    addon.load(threads);
  } catch (error) {
    throw new AppError('training-unavailable', { reason: reasonOf(error) }, { cause: error });
  }
  if (await tf.setBackend('tensorflow')) return;
  throw new AppError('training-unavailable', { reason: 'TensorFlow.js does not accept it' });
}

/** Why the addon can't be used, without the sentence around it. */
function reasonOf(error: unknown): string {
  const { details, message } = failureOf(error);
  return String(details['reason'] ?? message);
}
