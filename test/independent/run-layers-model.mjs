/**
 * Runs an exported model as a stranger would: TensorFlow.js from its package, and nothing of this app.
 *
 *   node run-layers-model.mjs MODEL-FOLDER HEIGHT WIDTH CHANNELS NOISE-FACTOR < noisy > denoised
 *
 * Pictures are float32, row by row, channels last.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

const [folder, ...numbers] = process.argv.slice(2);
const [height, width, channels, noiseFactor] = numbers.map(Number);
const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
const [{ paths, weights: weightSpecs }] = weightsManifest;
const weightData = Uint8Array.from(readFileSync(join(folder, paths[0]))).buffer;
const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));

const samples = new Float32Array(Uint8Array.from(readFileSync(0)).buffer);
const noisy = tf.tensor4d(samples, [1, height, width, channels]);
const plane = tf.fill([1, height, width, 1], noiseFactor);
const denoised = model.predict(model.inputs.length === 1 ? noisy : [noisy, plane]);
writeFileSync(1, new Uint8Array(denoised.dataSync().buffer));
