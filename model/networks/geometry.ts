import type { NetworkConfig } from '../../contract/network.ts';
import { classicLayers } from './classic.ts';
import { unetLayers } from './unet.ts';

/** One convolution with `same` padding, as far as shapes and costs go. */
export interface ConvolutionLayer {
  readonly name: string;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Resolution is divided by it, or multiplied where `transposed`. */
  readonly stride: number;
  readonly transposed: boolean;
  /** Channels in and out. */
  readonly from: number;
  readonly to: number;
}

/** What tiling, memory estimates and model cards need to know of a network. */
export interface Geometry {
  /** Farthest a pixel of the answer looks, in pixels of the input, along one axis. Beyond it nothing matters. */
  readonly radius: number;
  /** How far beyond a block of pixels that begins and ends at multiples of `multiple` its answer looks: less than a single pixel may. */
  readonly blockRadius: number;
  /** Width and height of the input must be multiples of this. */
  readonly multiple: number;
  /** Multiply-adds per pixel of the picture. */
  readonly multiplyAdds: number;
  /** Weights and biases. */
  readonly parameters: number;
}

export function layersOf(config: NetworkConfig): ConvolutionLayer[] {
  switch (config.kind) {
    case 'classic':
      return classicLayers(config);
    case 'unet':
      return unetLayers(config);
  }
}

export function geometryOf(config: NetworkConfig): Geometry {
  const layers = layersOf(config);
  const multiple = sizeMultiple(layers);
  return {
    ...receptiveRadii(layers, multiple),
    multiple,
    multiplyAdds: multiplyAdds(layers),
    parameters: layers.reduce((sum, { kernel, from, to }) => sum + kernel * kernel * from * to + to, 0),
  };
}

/** The product of the strides on the way down to the lowest resolution. */
function sizeMultiple(layers: readonly ConvolutionLayer[]): number {
  let factor = 1;
  let largest = 1;
  for (const { stride, transposed } of layers) {
    factor = transposed ? factor / stride : factor * stride;
    largest = Math.max(largest, factor);
  }
  return largest;
}

/**
 * The kernel is applied once for each position of the smaller side: a strided convolution's output, a
 * transposed convolution's input.
 */
function multiplyAdds(layers: readonly ConvolutionLayer[]): number {
  let positions = 1; // per pixel of the picture
  let sum = 0;
  for (const { kernel, stride, transposed, from, to } of layers) {
    if (!transposed) positions /= stride * stride;
    sum += kernel * kernel * from * to * positions;
    if (transposed) positions *= stride * stride;
  }
  return sum;
}

/**
 * Follows one output position back through the layers as an interval of positions it depends on. Strides make
 * neighbours look differently far, so every phase is followed and the farthest counts.
 */
function receptiveRadii(
  layers: readonly ConvolutionLayer[],
  multiple: number,
): Pick<Geometry, 'radius' | 'blockRadius'> {
  const backwards = [...layers].reverse();
  let radius = 0;
  let blockRadius = 0;
  for (let phase = 0; phase < multiple; phase++) {
    const read = backwards.reduce(readBy, { first: phase, last: phase });
    radius = Math.max(radius, phase - read.first, read.last - phase);
    blockRadius = Math.max(blockRadius, -read.first, read.last - (multiple - 1));
  }
  return { radius, blockRadius };
}

/** A stretch of positions along one axis; both ends belong to it. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
}

/** The positions of its input on which a stretch of a convolution's answer depends. */
export function readBy(
  { first, last }: Stretch,
  { kernel, stride, transposed }: Pick<ConvolutionLayer, 'kernel' | 'stride' | 'transposed'>,
): Stretch {
  const before = Math.floor(Math.max(kernel - stride, 0) / 2); // TensorFlow's `same` pads less in front
  if (!transposed) return { first: first * stride - before, last: last * stride - before + kernel - 1 };
  // Position o is written by every i with i·stride − before ≤ o ≤ i·stride − before + kernel − 1.
  return {
    first: Math.ceil((first + before - kernel + 1) / stride),
    last: Math.floor((last + before) / stride),
  };
}
