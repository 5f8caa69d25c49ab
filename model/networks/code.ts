import * as tf from '@tensorflow/tfjs';
import type { NetworkConfig } from '../../contract/network.ts';

/**
 * Name of the layer whose answer is the code: the narrowest place, between encoder and decoder. Penalties and a look
 * at what a network has learnt are about it.
 */
export function codeLayer(config: NetworkConfig): string {
  switch (config.kind) {
    case 'classic':
      return 'encode1'; // [N, H/4, W/4, 8]
    case 'unet': {
      const last = config.blocks[2] - 1;
      return last < 0 ? 'down1' : `middle_res${last}`; // [N, H/8, W/8, 4w]
    }
  }
}

/** The first part of a network, up to its code. Shares the network's layers, and is not to be disposed. */
export function encoderOf(network: tf.LayersModel, config: NetworkConfig): tf.LayersModel {
  return tf.model({ inputs: network.inputs, outputs: codeOf(network, config), name: 'encoder' });
}

/** The network with its code as a second answer. Shares its layers, and is not to be disposed. */
export function withCode(network: tf.LayersModel, config: NetworkConfig): tf.LayersModel {
  return tf.model({ inputs: network.inputs, outputs: [...network.outputs, codeOf(network, config)] });
}

function codeOf(network: tf.LayersModel, config: NetworkConfig): tf.SymbolicTensor {
  return network.getLayer(codeLayer(config)).output as tf.SymbolicTensor;
}
