import * as tf from '@tensorflow/tfjs';
import { padOrCut } from './pad-or-cut.ts';

/** What the kernel is given: the gradient of a convolution's output, and its filter. */
interface Inputs {
  readonly dy: tf.Tensor4D; // [N, H/stride, W/stride, out]
  readonly filter: tf.Tensor4D; // [height, width, in, out]
}

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape: [number, number, number, number]; // [N, H, W, in]
}

/** Along one axis: how pixels of the input lie to those of the output. */
interface Reach {
  readonly stride: number;
  /** Pixels of the output that a block of `stride` pixels of the input has a part in. */
  readonly window: number;
  /** How many of them lie before the block's own place. */
  readonly before: number;
  /** Zeros before and after the filter's taps, so that they begin with a block and fill `window` of them. */
  readonly zeros: [number, number];
  /** Blocks of the input. */
  readonly blocks: number;
}

/**
 * The gradient of a convolution by its input, which is also a transposed convolution, by means of an ordinary one.
 *
 * TensorFlow 2.21 has an operation for it whose oneDNN kernels are wrong for some shapes: with stride 2 on any processor
 * since AVX2, with AVX-512 for more (docs/experiments.md). Its ordinary convolutions are right. A block of
 * `stride × stride` pixels of the input sees a few pixels of the output, each block in the same way: so all of a block's
 * pixels are computed at once, as channels of one convolution, and are then put side by side.
 */
function inputGradient({ dy, filter }: Inputs, attributes: Attributes): tf.Tensor4D {
  const { strides, pad, dataFormat = 'NHWC', dimRoundingMode, inputShape } = attributes;
  const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
  const { inHeight, inWidth, inChannels, padInfo } = info;
  if (dataFormat !== 'NHWC') throw new Error('channels come last');
  if (info.strideHeight !== info.strideWidth) throw new Error('strides are the same along both axes');
  const stride = info.strideHeight;
  const rows = reach(stride, info.filterHeight, padInfo.top, inHeight);
  const columns = reach(stride, info.filterWidth, padInfo.left, inWidth);
  return tf.tidy(() => {
    const size = { height: rows.blocks + rows.window - 1, width: columns.blocks + columns.window - 1 };
    const seen = padOrCut(dy, { top: rows.before, left: columns.before }, size);
    const blocks = tf.conv2d(seen, blockFilter(filter, rows, columns), 1, 'valid');
    if (stride === 1) return blocks;
    const pixels = tf.depthToSpace(blocks, stride);
    return tf.slice(pixels, [0, 0, 0, 0], [-1, inHeight, inWidth, inChannels]);
  });
}

function reach(stride: number, taps: number, padding: number, pixels: number): Reach {
  const after = Math.ceil(padding / stride);
  const first = stride * after - padding;
  const window = Math.ceil((taps + first) / stride);
  return {
    stride,
    window,
    before: window - 1 - after,
    zeros: [first, stride * window - taps - first],
    blocks: Math.ceil(pixels / stride),
  };
}

/** The filter that computes whole blocks: `[rows, columns, out, stride × stride × in]`. */
function blockFilter(filter: tf.Tensor4D, rows: Reach, columns: Reach): tf.Tensor4D {
  const [, , from, to] = filter.shape;
  const { stride } = rows;
  const padded = tf.pad(filter, [rows.zeros, columns.zeros, [0, 0], [0, 0]]);
  const apart = tf.reshape(padded, [rows.window, stride, columns.window, stride, from, to]);
  const ordered = tf.transpose(apart, [0, 2, 5, 1, 3, 4]);
  const blocks = tf.reshape<tf.Rank.R4>(ordered, [rows.window, columns.window, to, stride * stride * from]);
  return tf.reverse(blocks, [0, 1]);
}

/** Lets native TensorFlow compute gradients by the input, and transposed convolutions, rightly; once in a process. */
export function replaceInputGradients(): void {
  tf.unregisterKernel('Conv2DBackpropInput', 'tensorflow');
  tf.registerKernel({
    kernelName: 'Conv2DBackpropInput',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) =>
      inputGradient(inputs as unknown as Inputs, attrs as unknown as Attributes),
  });
}
