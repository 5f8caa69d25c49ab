import type * as tf from '@tensorflow/tfjs';
import type { NetworkConfig } from '../../contract/network.ts';
import { buildClassic } from './classic.ts';
import { buildUnet } from './unet.ts';

/** The network of a config, its weights 0, which draws no numbers in vain: see `initialiseWeights` and `assignWeights`. */
export function buildNetwork(config: NetworkConfig): tf.LayersModel {
  switch (config.kind) {
    case 'classic':
      return buildClassic(config);
    case 'unet':
      return buildUnet(config);
  }
}
