import * as tf from '@tensorflow/tfjs';
import type { UnetConfig } from '../../contract/network.ts';
import type { ConvolutionLayer } from './geometry.ts';

/**
 * Residual U-Net that is told the noise factor and predicts a correction.
 *
 *   noisy, noise_factor ─ joined ─ stem ─ enc0 ─ down0 ─ enc1 ─ down1 ─ middle ─ up1 ─ skip1 ─ dec1 ─ up0 ─ skip0 ─ dec0 ─ correction ─ denoised
 *     │                                     │              └──────────── added ─────────┘                     │                            │
 *     │                                     └──────────────────────────── added ──────────────────────────────┘                            │
 *     └─────────────────────────────────────────────────── added ──────────────────────────────────────────────────────────────────────────┘
 *   1                               ½                 ¼                ⅛                 ¼                    ½                     1          of width and height
 *   C + 1                           w                 2w               4w                2w                   w                     C          channels
 *
 * - Encoder, decoder, skips: Ronneberger et al., "U-Net", 2015; skips are added, not joined, which costs less.
 * - Residual blocks (He et al., 2015) without normalisation and without a ReLU after the sum, as in EDSR
 *   (Lim et al., 2017): normalisation blurs the relation between noise factor and correction.
 * - The noise factor as a plane of the input: Zhang et al., "FFDNet", 2018. One model serves every factor.
 * - The first convolution already strides: work at full resolution would cost four times as much.
 *
 * Height and width must be multiples of 8. Inputs `noisy` [N, H, W, C], values in [0, 1] (noise may go
 * beyond), and `noise_factor` [N, H, W, 1]. The answer [N, H, W, C] is not clipped.
 */
export function buildUnet({ channels, width, blocks }: UnetConfig): tf.LayersModel {
  const noisy = tf.input({ shape: [null, null, channels], name: 'noisy' });
  const noiseFactor = tf.input({ shape: [null, null, 1], name: 'noise_factor' });
  const joined = tf.layers.concatenate({ name: 'joined' }).apply([noisy, noiseFactor]) as tf.SymbolicTensor;

  const half = residualBlocks(convolve(joined, 'stem', width, 4, 2), 'enc0', width, blocks[0]); // [N, H/2, W/2, w]
  const quarter = residualBlocks(convolve(half, 'down0', 2 * width, 2, 2), 'enc1', 2 * width, blocks[1]);
  let x = residualBlocks(convolve(quarter, 'down1', 4 * width, 2, 2), 'middle', 4 * width, blocks[2]);

  x = add(enlarge(x, 'up1', 2 * width, 2), quarter, 'skip1');
  x = residualBlocks(x, 'dec1', 2 * width, blocks[3]); // [N, H/4, W/4, 2w]
  x = add(enlarge(x, 'up0', width, 2), half, 'skip0');
  x = residualBlocks(x, 'dec0', width, blocks[4]); // [N, H/2, W/2, w]

  const denoised = add(noisy, enlarge(x, 'correction', channels, 4), 'denoised');
  return tf.model({ inputs: [noisy, noiseFactor], outputs: denoised, name: 'unet' });
}

/** `count` times x + b(relu(a(x))); the resolution and the number of filters stay. */
function residualBlocks(input: tf.SymbolicTensor, level: string, filters: number, count: number) {
  let x = input;
  for (let i = 0; i < count; i++) {
    const inner = convolve(x, `${level}_res${i}_a`, filters, 3, 1, 'relu');
    x = add(x, convolve(inner, `${level}_res${i}_b`, filters, 3, 1), `${level}_res${i}`);
  }
  return x;
}

function convolve(
  x: tf.SymbolicTensor,
  name: string,
  filters: number,
  kernelSize: number,
  strides: number,
  activation: 'relu' | 'linear' = 'linear',
): tf.SymbolicTensor {
  return tf.layers
    .conv2d({ name, filters, kernelSize, strides, padding: 'same', activation, kernelInitializer: 'zeros' })
    .apply(x) as tf.SymbolicTensor;
}

/** Twice the width and height by a transposed convolution; a kernel divisible by the stride leaves no grid. */
function enlarge(x: tf.SymbolicTensor, name: string, filters: number, kernelSize: number): tf.SymbolicTensor {
  return tf.layers
    .conv2dTranspose({ name, filters, kernelSize, strides: 2, padding: 'same', kernelInitializer: 'zeros' })
    .apply(x) as tf.SymbolicTensor;
}

function add(a: tf.SymbolicTensor, b: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return tf.layers.add({ name }).apply([a, b]) as tf.SymbolicTensor;
}

/**
 * Its convolutions along the longest way through it, in the order in which data flows. The skips leave some
 * of them out and add none, so nothing beyond this chain is ever read.
 */
export function unetLayers({ channels, width, blocks }: UnetConfig): ConvolutionLayer[] {
  const level = (name: string, filters: number, count: number): ConvolutionLayer[] =>
    Array.from({ length: count }, (_, i) =>
      ['a', 'b'].map((part) => ({
        name: `${name}_res${i}_${part}`,
        kernel: 3,
        stride: 1,
        transposed: false,
        from: filters,
        to: filters,
      })),
    ).flat();
  return [
    { name: 'stem', kernel: 4, stride: 2, transposed: false, from: channels + 1, to: width },
    ...level('enc0', width, blocks[0]),
    { name: 'down0', kernel: 2, stride: 2, transposed: false, from: width, to: 2 * width },
    ...level('enc1', 2 * width, blocks[1]),
    { name: 'down1', kernel: 2, stride: 2, transposed: false, from: 2 * width, to: 4 * width },
    ...level('middle', 4 * width, blocks[2]),
    { name: 'up1', kernel: 2, stride: 2, transposed: true, from: 4 * width, to: 2 * width },
    ...level('dec1', 2 * width, blocks[3]),
    { name: 'up0', kernel: 2, stride: 2, transposed: true, from: 2 * width, to: width },
    ...level('dec0', width, blocks[4]),
    { name: 'correction', kernel: 4, stride: 2, transposed: true, from: width, to: channels },
  ];
}
