import type * as tf from '@tensorflow/tfjs';
import type { NetworkConfig } from '../../contract/network.ts';
import { gaussianInto } from '../noise/gaussian.ts';
import { Random } from '../noise/random.ts';
import { layersOf, type ConvolutionLayer } from './geometry.ts';
import { assignWeights, type WeightValues } from './weights.ts';

/** Second convolutions of residual blocks start small: a deep chain of blocks then starts near identity. */
const RESIDUAL_SCALE = 0.3;
/** The correction starts near zero, so an untrained U-Net about returns its input. */
const CORRECTION_SCALE = 0.01;

/**
 * Random weights for training from nothing. Same config and seed, same weights, on every backend.
 * `unet`: normal with variance 2 / fan-in in front of a ReLU and 1 / fan-in elsewhere (He et al., "Delving
 * Deep into Rectifiers", 2015). `classic`: uniform as in Glorot and Bengio, 2010, like the tutorial. Biases 0,
 * except that `classic` starts out answering the mean brightness: with a bias of 0 (mid-grey), pictures as dark as
 * MNIST's first drive its sigmoid so far towards black that most seeds never come back.
 * @param brightness mean of the clean pictures, in [0, 1]
 */
export function initialiseWeights(
  network: tf.LayersModel,
  config: NetworkConfig,
  seed: number,
  brightness = 0.5,
): void {
  const root = new Random(seed).split('initial weights');
  const weights = new Map<string, WeightValues>();
  for (const layer of layersOf(config)) {
    const { name, kernel, transposed, from, to } = layer;
    const values = new Float32Array(kernel * kernel * from * to);
    const random = root.split(name);
    if (config.kind === 'classic') glorotInto(random, values, layer);
    else heInto(random, values, layer);
    const shape = [kernel, kernel, ...(transposed ? [to, from] : [from, to])];
    weights.set(`${name}/kernel`, { shape, values });
    const bias = name === 'denoised' ? logit(brightness) : 0; // of `classic`; a unet adds to its input
    weights.set(`${name}/bias`, { shape: [to], values: new Float32Array(to).fill(bias) });
  }
  assignWeights(network, weights);
}

/** What the sigmoid makes a value of; pictures that are all black or white do not make it infinite. */
function logit(value: number): number {
  const inside = Math.min(0.99, Math.max(0.01, value));
  return Math.log(inside / (1 - inside));
}

function glorotInto(random: Random, values: Float32Array, { kernel, from, to }: ConvolutionLayer): void {
  const limit = Math.sqrt(6 / (kernel * kernel * (from + to)));
  for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
}

function heInto(random: Random, values: Float32Array, layer: ConvolutionLayer): void {
  gaussianInto(random, values);
  const scale = heScale(layer);
  for (let i = 0; i < values.length; i++) values[i]! *= scale;
}

function heScale({ name, kernel, stride, transposed, from }: ConvolutionLayer): number {
  // Of a transposed convolution each output position gets only its share of the kernel.
  const fanIn = from * kernel * kernel * (transposed ? 1 / (stride * stride) : 1);
  if (name.endsWith('_a')) return Math.sqrt(2 / fanIn);
  if (name.endsWith('_b')) return RESIDUAL_SCALE * Math.sqrt(1 / fanIn);
  if (name === 'correction') return CORRECTION_SCALE * Math.sqrt(1 / fanIn);
  return Math.sqrt(1 / fanIn);
}
