// @ts-check
/**
 * Run in a process of its own by `verify.mjs`, with the addon and the checkout as arguments: loads the addon as
 * the product does, computes, and prints what came out as one JSON line. It may crash; that is why it is alone.
 */
import { createRequire } from 'node:module';
import path from 'node:path';

const [addon = '', root = ''] = process.argv.slice(2);
const require = createRequire(path.join(root, 'package.json'));

// tfjs-node 4.22 uses two functions that newer versions of Node no longer have.
const util = require('node:util');
util.isNullOrUndefined ??= (/** @type {unknown} */ value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-node/dist/register_all_kernels');
const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node/dist/nodejs_kernel_backend');
const binding = require(addon);
tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'));
if (!(await tf.setBackend('tensorflow'))) throw new Error('TensorFlow.js does not accept the addon');

const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
const kernel = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
/** @param {import('@tensorflow/tfjs').Tensor} filter */
const convolve = (filter) => tf.conv2d(image, /** @type {typeof kernel} */ (filter), 1, 'valid');

const convolved = Array.from(convolve(kernel).dataSync());
// Training needs the gradient, which is another kernel of TensorFlow's.
const gradient = Array.from(
  tf
    .grad((filter) => tf.sum(convolve(filter)))(kernel)
    .dataSync(),
);
process.stdout.write(`${JSON.stringify({ tensorflow: binding.TF_Version, convolved, gradient })}\n`);
