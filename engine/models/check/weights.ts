import type { LayersModel } from '../../../contract/layers-model.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import type { WeightValues } from '../../../model/networks/weights.ts';
import { fromHalf, halfBytes } from './half-precision.ts';
import type { Refuse } from './refusal.ts';
import { elements, type WeightShapes } from './shapes.ts';

export type WeightsManifest = LayersModel['weightsManifest'];

/**
 * Holds the list of weights against what the declared layers need.
 * @returns how many bytes they take, exactly
 * @throws AppError `model-invalid`
 */
export function checkManifest(
  manifest: WeightsManifest,
  file: string,
  needed: WeightShapes,
  refuse: Refuse,
): number {
  const { paths, weights } = manifest[0]!;
  const path = paths[0]!;
  if (path !== file) {
    const outside = /[\\/:\0]|^\.+$/.test(path);
    throw refuse(phrase(outside ? 'model-weights-elsewhere' : 'model-weights-path', { path, file }));
  }
  const listed = new Set<string>();
  for (const { name, shape } of weights) {
    if (listed.has(name)) throw refuse(phrase('model-weights-twice', { name }));
    listed.add(name);
    const expected = needed.get(name);
    if (!expected) throw refuse(phrase('model-weights-unneeded', { name }));
    if (expected.join() !== shape.join()) {
      const sizes = { shape: shape.join('×'), needed: expected.join('×') };
      throw refuse(phrase('model-weights-shape', { name, ...sizes }));
    }
  }
  const missing = [...needed.keys()].find((name) => !listed.has(name));
  if (missing !== undefined) throw refuse(phrase('model-weights-missing', { name: missing }));
  return weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
}

type Weight = WeightsManifest[number]['weights'][number];

const bytesOf = ({ shape, quantization }: Weight): number => (quantization ? halfBytes : 4) * elements(shape);

/**
 * The weights by name, from the file's bytes: little-endian, one after the other, float32 (then they are views of the
 * bytes) or half precision.
 * @throws AppError `model-invalid` where one is not a finite number
 */
export function weightsFrom(
  bytes: Uint8Array<ArrayBuffer>,
  manifest: WeightsManifest,
  refuse: Refuse,
): Map<string, WeightValues> {
  const weights = new Map<string, WeightValues>();
  let at = 0;
  for (const weight of manifest[0]!.weights) {
    const { name, shape, quantization } = weight;
    const count = elements(shape);
    const values = quantization ? fromHalf(bytes, at, count) : floatsAt(bytes, at, count);
    const odd = notFinite(values);
    if (odd > 0) throw refuse(phrase('model-weights-odd', { name, count: odd }));
    weights.set(name, { shape, values });
    at += bytesOf(weight);
  }
  return weights;
}

/** Where weights of both kinds are mixed, a float may lie at a place that no view can begin at. */
function floatsAt(bytes: Uint8Array<ArrayBuffer>, at: number, count: number): Float32Array<ArrayBuffer> {
  const from = bytes.byteOffset + at;
  if (from % 4 === 0) return new Float32Array(bytes.buffer, from, count);
  return new Float32Array(bytes.slice(at, at + 4 * count).buffer);
}

/** A plain loop: there may be millions. */
function notFinite(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) count++;
  return count;
}
