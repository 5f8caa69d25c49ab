import type { LayersModel } from '../../../contract/layers-model.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import type { WeightValues } from '../../../model/networks/weights.ts';
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
  return 4 * weights.reduce((sum, { shape }) => sum + elements(shape), 0);
}

/**
 * The weights by name, as views of the file's bytes (little-endian float32, one after the other).
 * @throws AppError `model-invalid` where one is not a finite number
 */
export function weightsFrom(
  bytes: Uint8Array<ArrayBuffer>,
  manifest: WeightsManifest,
  refuse: Refuse,
): Map<string, WeightValues> {
  const weights = new Map<string, WeightValues>();
  let at = 0;
  for (const { name, shape } of manifest[0]!.weights) {
    const values = new Float32Array(bytes.buffer, at, elements(shape));
    const odd = notFinite(values);
    if (odd > 0) throw refuse(phrase('model-weights-odd', { name, count: odd }));
    weights.set(name, { shape, values });
    at += values.byteLength;
  }
  return weights;
}

/** A plain loop: there may be millions. */
function notFinite(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) count++;
  return count;
}
