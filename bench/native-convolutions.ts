/**
 * Whether convolutions on native TensorFlow are right, forwards and backwards, for shapes drawn at random: answers and
 * gradients are held to those of WebAssembly. Ends with an error when one is off by more than 1e-4 of the largest value.
 * `--unmended` takes TensorFlow's own operation for the gradient by the input, which is wrong for some shapes.
 *
 *   node bench/run.mjs bench/native-convolutions.ts [--seconds 60] [--threads 2] [--seed 1] [--unmended]
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { largestDifference } from '../engine/backends/choose.ts';
import { TensorflowAddon } from '../engine/backends/tensorflow-addon.ts';
import { supplyWasmGradients } from '../engine/backends/wasm-gradients.ts';
import { loadWasm } from '../engine/backends/wasm.ts';
import { gaussianInto } from '../model/noise/gaussian.ts';
import { Random } from '../model/noise/random.ts';
import { root } from './engine-parts.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    threads: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    unmended: { type: 'boolean', default: false },
  },
});
const kernels = [[1, 1], [2, 1], [2, 2], [3, 1], [3, 2], [3, 3], [4, 2], [4, 4], [5, 1], [7, 1]] as const; // prettier-ignore
const channels = [1, 3, 4, 8, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256, 320] as const;
const sides = [4, 6, 8, 11, 12, 16, 24, 32, 48, 64] as const;
/** Of a batch and of its answer. */
const mostValues = 2 ** 20;
const allowed = 1e-4;
const parts = ['answer', 'gradient by the input', 'gradient by the filter'] as const;

const random = new Random(Number(values.seed));
const among = <T>(list: readonly T[]): T => list[random.below(list.length)]!;

interface Shape {
  readonly input: [number, number, number, number]; // [N, H, W, in]
  readonly filter: [number, number, number, number]; // [height, width, in, out]
  readonly stride: number;
}

function drawShape(): Shape {
  const [kernel, stride] = among(kernels);
  const [from, to] = [among(channels), among(channels)];
  const [count, height, width] = [1 + random.below(16), among(sides), among(sides)];
  if (count * height * width * Math.max(from, to) > mostValues) return drawShape();
  return { input: [count, height, width, from], filter: [kernel, kernel, from, to], stride };
}

function normal(shape: readonly number[], key: string): Float32Array {
  const drawn = new Float32Array(tf.util.sizeFromShape([...shape]));
  gaussianInto(random.split(key), drawn);
  return drawn;
}

async function answersOn(backend: string, { input, filter, stride }: Shape): Promise<Float32Array[]> {
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} is not here`);
  return tf.tidy(() => {
    const x = tf.tensor4d(normal(input, 'input'), input);
    const w = tf.tensor4d(normal(filter, 'filter'), filter);
    const convolve = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.conv2d(a, b, stride, 'same');
    const answer = convolve(x, w);
    const weights = tf.tensor4d(normal(answer.shape, 'weights'), answer.shape);
    const sum = (...[a, b]: tf.Tensor[]) => convolve(a as tf.Tensor4D, b as tf.Tensor4D).mul(weights).sum(); // prettier-ignore
    return [answer, ...tf.grads(sum)([x, w])].map((one) => one.dataSync<'float32'>());
  });
}

/** The largest difference, as a share of the largest value. */
function apart(one: Float32Array, other: Float32Array): number {
  const largest = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largestDifference(one, other) / largest;
}

/** TensorFlow's own operation for the gradient by the input again. */
function unmend(): void {
  const { conv2DBackpropInputConfig } = createRequire(import.meta.url)(
    '@tensorflow/tfjs-node/dist/kernels/Conv2DBackpropInput',
  ) as { conv2DBackpropInputConfig: tf.KernelConfig };
  tf.unregisterKernel('Conv2DBackpropInput', 'tensorflow');
  tf.registerKernel(conv2DBackpropInputConfig);
}

new TensorflowAddon(root).load(Number(values.threads));
if (values.unmended) unmend();
await loadWasm();
supplyWasmGradients();
const until = performance.now() + 1000 * Number(values.seconds);
let [shapes, wrong] = [0, 0];
while (performance.now() < until) {
  const shape = drawShape();
  const plain = await answersOn('wasm', shape);
  const native = await answersOn('tensorflow', shape);
  const off = plain.map((one, i) => apart(one, native[i]!));
  shapes++;
  if (!off.some((share) => !(share <= allowed))) continue;
  wrong++;
  const said = parts.map((part, i) => `${part} ${off[i]!.toExponential(0)}`).join(', ');
  console.log(`${JSON.stringify(shape)}: ${said}`);
}
console.log(`${shapes} shapes, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
