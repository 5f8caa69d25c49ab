// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Rewrites the weights of a model folder in half precision, as TensorFlow.js reads them: half the size on disk. Reading
 * gives float32 again. Does nothing where they are so already.
 * @param {string} folder
 */
export function halveModel(folder) {
  const modelFile = join(folder, 'model.json');
  const model = JSON.parse(readFileSync(modelFile, 'utf8'));
  /** @type {{ dtype: string, quantization?: { dtype: string, original_dtype: string } }[]} */
  const specs = model.weightsManifest[0].weights;
  if (specs.some(({ quantization }) => quantization !== undefined)) return;
  const bytes = readFileSync(join(folder, 'weights.bin'));
  const halves = toHalf(
    new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
  );
  for (const spec of specs) spec.quantization = { dtype: 'float16', original_dtype: spec.dtype };
  writeFileSync(join(folder, 'weights.bin'), halves);
  writeFileSync(modelFile, JSON.stringify(model));
  const cardFile = join(folder, 'card.json');
  const card = JSON.parse(readFileSync(cardFile, 'utf8'));
  card.weightsSha256 = createHash('sha256').update(halves).digest('hex');
  writeFileSync(cardFile, `${JSON.stringify(card, null, 2)}\n`);
}

/**
 * The nearest binary16 of each value, the even one of two as near; little-endian.
 * @param {Float32Array} values
 * @returns {Uint8Array}
 */
export function toHalf(values) {
  const bytes = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, i) => bytes.setUint16(2 * i, halfOf(value), true));
  return new Uint8Array(bytes.buffer);
}

/**
 * @param {number} value
 * @returns {number}
 */
function halfOf(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  // Halfway to the next power beyond the largest, 65504, it becomes infinite.
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fraction = roundToEven((size / 2 ** exponent) * 1024);
  // A fraction that is rounded up to 2 carries into the exponent by itself.
  return sign | (fraction < 1024 ? fraction : ((exponent + 15) << 10) + (fraction - 1024));
}

/**
 * @param {number} value not negative
 * @returns {number}
 */
function roundToEven(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
