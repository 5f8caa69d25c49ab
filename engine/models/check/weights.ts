import type { LayersModel } from '../../../contract/layers-model.ts';
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
    throw refuse(
      /[\\/:\0]|^\.+$/.test(path)
        ? `it asks for its weights elsewhere than in its own folder (“${path}”)`
        : `its weights are said to lie in “${path}”, but belong in “${file}”`,
    );
  }
  const listed = new Set<string>();
  for (const { name, shape } of weights) {
    if (listed.has(name)) throw refuse(`the weights “${name}” are listed twice`);
    listed.add(name);
    const expected = needed.get(name);
    if (!expected) throw refuse(`no layer needs the weights “${name}”`);
    if (expected.join() !== shape.join()) {
      throw refuse(
        `the weights “${name}” are ${shape.join('×')}, but their layer needs ${expected.join('×')}`,
      );
    }
  }
  const missing = [...needed.keys()].find((name) => !listed.has(name));
  if (missing !== undefined) throw refuse(`the weights “${missing}” are missing`);
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
    if (odd > 0)
      throw refuse(`its weights “${name}” hold ${odd} values that are not numbers (NaN or infinite)`);
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
