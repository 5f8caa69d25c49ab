import * as tf from '@tensorflow/tfjs';
import { AppError, failureOf } from '../../contract/errors.ts';
import { listed, phrase, verbatim, type Phrase } from '../../contract/texts/fill-in.ts';
import { wasmTimes, type TrainingBackend } from '../../contract/train.ts';
import type { TensorflowAddon } from '../backends/tensorflow-addon.ts';
import { supplyWasmGradients } from '../backends/wasm-gradients.ts';
import { loadWasm } from '../backends/wasm.ts';
import type { TrainingServices } from '../jobs/train.ts';
import { loadModel } from '../models/load.ts';
import { noiseThread } from './noise-thread.ts';
import { pictureDecoder } from './decode-picture.ts';

/**
 * The services of a real training: native TensorFlow or, where it is missing, WebAssembly; the picture decoder and the
 * model folders of the engine.
 * @param noiseProgram built from `noise-worker.ts`; without it nothing overlaps with the steps
 */
export function trainingServices(addon: TensorflowAddon, noiseProgram?: string): TrainingServices {
  return {
    decode: pictureDecoder(),
    ...(noiseProgram ? { noiseAdder: (config) => noiseThread(noiseProgram, config) } : {}),
    loadModel,
    startBackend: (threads) => startBackend(addon, threads),
  };
}

/** @throws AppError `training-unavailable` where neither can be had */
async function startBackend(addon: TensorflowAddon, threads: number): Promise<TrainingBackend> {
  try {
    addon.load(threads);
    if (await tf.setBackend('tensorflow')) return { name: 'tensorflow' };
    throw new AppError('training-unavailable', { reason: phrase('backend-not-accepted') });
  } catch (error) {
    const reason = reasonOf(error);
    try {
      await startWasm();
    } catch (second) {
      const reasons = listed([reason, reasonOf(second)]);
      throw new AppError('training-unavailable', { reason: reasons }, { cause: error });
    }
    return { name: 'wasm', instead: reason, times: wasmTimes };
  }
}

async function startWasm(): Promise<void> {
  await loadWasm();
  supplyWasmGradients();
  if (await tf.setBackend('wasm')) return;
  throw new AppError('training-unavailable', { reason: phrase('backend-not-accepted') });
}

/** Why the addon can't be used, without the sentence around it. */
function reasonOf(error: unknown): Phrase {
  const { details, message } = failureOf(error);
  return details.reason ?? verbatim(message);
}
