import * as tf from '@tensorflow/tfjs';
import type { LoadedModel } from '../models/load.ts';
import type { BackendNetwork } from './backend.ts';
import { tensorNetwork } from './tensor-network.ts';

/**
 * The answer that others are held against: the network layer by layer, by native TensorFlow where this process has
 * it, else by the plain JavaScript of TensorFlow.js. Shares nothing with the graphs that the backends build.
 */
export function referenceNetwork(model: LoadedModel): Promise<BackendNetwork> {
  return tensorNetwork(model, tf.findBackendFactory('tensorflow') ? 'tensorflow' : 'cpu');
}
