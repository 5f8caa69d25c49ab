import * as tf from '@tensorflow/tfjs';
import type { ClassicConfig } from '../../contract/network.ts';
import type { ConvolutionLayer } from './geometry.ts';

/**
 * The textbook convolutional denoising autoencoder (the Keras tutorial "Convolutional autoencoder for image
 * denoising", after Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders",
 * 2008). It sees no noise factor: it undoes the noise it was trained on.
 *
 *   noisy ─ encode0 ─ encode1 ─ decode1 ─ decode0 ─ denoised
 *     1        ½         ¼         ½         1         1      of the picture's width and height
 *     C       16         8         8        16         C      channels
 *
 * Height and width must be multiples of 4. Values are float32 in [0, 1], in and out.
 */
export function buildClassic({ channels }: ClassicConfig): tf.LayersModel {
  const noisy = tf.input({ shape: [null, null, channels], name: 'noisy' }); // [N, H, W, C]
  let x = tf.layers.conv2d({ name: 'encode0', filters: 16, ...down }).apply(noisy) as tf.SymbolicTensor;
  x = tf.layers.conv2d({ name: 'encode1', filters: 8, ...down }).apply(x) as tf.SymbolicTensor; // [N, H/4, W/4, 8]
  x = tf.layers.conv2dTranspose({ name: 'decode1', filters: 8, ...down }).apply(x) as tf.SymbolicTensor;
  x = tf.layers.conv2dTranspose({ name: 'decode0', filters: 16, ...down }).apply(x) as tf.SymbolicTensor;
  const denoised = tf.layers
    .conv2d({ name: 'denoised', filters: channels, ...side, activation: 'sigmoid' })
    .apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: noisy, outputs: denoised, name: 'classic' });
}

const side = { kernelSize: 3, padding: 'same', kernelInitializer: 'zeros' } as const;
const down = { ...side, strides: 2, activation: 'relu' } as const;

/** Its convolutions in the order in which data flows. */
export function classicLayers({ channels }: ClassicConfig): ConvolutionLayer[] {
  return [
    { name: 'encode0', kernel: 3, stride: 2, transposed: false, from: channels, to: 16 },
    { name: 'encode1', kernel: 3, stride: 2, transposed: false, from: 16, to: 8 },
    { name: 'decode1', kernel: 3, stride: 2, transposed: true, from: 8, to: 8 },
    { name: 'decode0', kernel: 3, stride: 2, transposed: true, from: 8, to: 16 },
    { name: 'denoised', kernel: 3, stride: 1, transposed: false, from: 16, to: channels },
  ];
}
