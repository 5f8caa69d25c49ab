import * as tf from '@tensorflow/tfjs';
import { padOrCut } from './pad-or-cut.ts';

/** What the kernel is given: the input of a convolution, and the gradient of its output. */
interface Inputs {
  readonly x: tf.Tensor4D; // [N, H, W, in]
  readonly dy: tf.Tensor4D; // [N, H/stride, W/stride, out]
}

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape: [number, number, number, number]; // [height, width, in, out]
}

/**
 * The gradient of a convolution by its filter, which TensorFlow.js has for every backend but WebAssembly.
 *
 * It is itself a convolution: each of the filter's values is the sum, over the pictures of the batch and the places of
 * the output, of what it saw times the gradient there. So the input with its channels as batch and its batch as
 * channels is convolved with the output's gradient as a filter, whose taps lie as far apart as the strides.
 */
function filterGradient({ x, dy }: Inputs, attributes: Attributes): tf.Tensor4D {
  const { strides, pad, dimRoundingMode, filterShape } = attributes;
  const { padInfo, strideHeight, strideWidth, ...info } = tf.backend_util.computeConv2DInfo(
    x.shape, filterShape, strides, 1, pad, dimRoundingMode); // prettier-ignore
  return tf.tidy(() => {
    const height = (info.outHeight - 1) * strideHeight + info.filterHeight;
    const width = (info.outWidth - 1) * strideWidth + info.filterWidth;
    const seen = padOrCut(x, padInfo, { height, width }); // what the filter ever looked at
    const turned = tf.transpose(seen, [3, 1, 2, 0]); // [in, height, width, N]
    const taps = tf.transpose(dy, [1, 2, 0, 3]); // [H/stride, W/stride, N, out]
    const gradient = tf.conv2d(turned, taps, 1, 'valid', 'NHWC', [strideHeight, strideWidth]);
    return tf.transpose(gradient, [1, 2, 0, 3]);
  });
}

/** Makes training possible on the WebAssembly backend of TensorFlow.js; once in a process is enough. */
export function supplyWasmGradients(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) =>
      filterGradient(inputs as unknown as Inputs, attrs as unknown as Attributes),
  });
}
