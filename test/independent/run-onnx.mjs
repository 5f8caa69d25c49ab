/**
 * Runs an exported ONNX file as a stranger would: ONNX Runtime from its package, and nothing of this app.
 *
 *   node run-onnx.mjs FILE.onnx HEIGHT WIDTH CHANNELS NOISE-FACTOR < noisy > denoised
 *
 * Pictures are float32, row by row, channels last.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [file, ...numbers] = process.argv.slice(2);
const [height, width, channels, noiseFactor] = numbers.map(Number);
const session = await InferenceSession.create(file, { logSeverityLevel: 3 });

const samples = new Float32Array(Uint8Array.from(readFileSync(0)).buffer);
const feeds = { noisy: new Tensor('float32', samples, [1, height, width, channels]) };
if (session.inputNames.includes('noise_factor')) {
  const plane = new Float32Array(height * width).fill(noiseFactor);
  feeds.noise_factor = new Tensor('float32', plane, [1, height, width, 1]);
}
const { denoised } = await session.run(feeds);
writeFileSync(1, new Uint8Array(denoised.data.buffer, denoised.data.byteOffset, denoised.data.byteLength));
