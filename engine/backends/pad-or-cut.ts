import * as tf from '@tensorflow/tfjs';

/** Rows and columns of zeros around `[N, H, W, C]` up to a size; what is beyond that size goes. */
export function padOrCut(
  x: tf.Tensor4D,
  { top, left }: { readonly top: number; readonly left: number },
  { height, width }: { readonly height: number; readonly width: number },
): tf.Tensor4D {
  const [count, rows, columns, channels] = x.shape;
  const below = height - top - rows;
  const right = width - left - columns;
  const padded = tf.pad(x, [[0, 0], [top, Math.max(0, below)], [left, Math.max(0, right)], [0, 0]]); // prettier-ignore
  return below < 0 || right < 0 ? tf.slice(padded, [0, 0, 0, 0], [count, height, width, channels]) : padded;
}
