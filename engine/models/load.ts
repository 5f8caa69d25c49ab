import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelLocation } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import { modelCard, type ModelCard } from '../../contract/model-card.ts';
import { layersOf } from '../../model/networks/geometry.ts';
import type { NamedWeights, WeightValues } from '../../model/networks/weights.ts';

/** A model as read from its folder and checked. Owns no tensors. */
export interface LoadedModel {
  readonly id: string;
  readonly card: ModelCard;
  /** By name, such as `stem/kernel`; shapes as TensorFlow.js has them, values finite. */
  readonly weights: NamedWeights;
}

/** Largest sizes that are read, in bytes: far beyond any model of ours. */
const LIMITS = { 'card.json': 1 << 20, 'model.json': 16 << 20, 'weights.bin': 1 << 29 } as const;

/**
 * Reads a model folder without TensorFlow.js's own loader, which trusts the paths in the file. The network is
 * the one the card describes; `model.json` only says where in `weights.bin` each weight lies. Everything must
 * fit: sizes, names, shapes, and the SHA-256 on the card.
 * @throws AppError `model-invalid`
 */
export async function loadModel({ id, folder }: ModelLocation): Promise<LoadedModel> {
  const refuse = (reason: string, cause?: unknown) =>
    new AppError('model-invalid', { model: id, reason }, { cause });
  const read = (name: keyof typeof LIMITS) => readLimited(join(folder, name), name, refuse);
  const [cardBytes, modelBytes, weightBytes] = await Promise.all([
    read('card.json'),
    read('model.json'),
    read('weights.bin'),
  ]);
  const card = modelCard.safeParse(parseJson(cardBytes, 'card.json', refuse));
  if (!card.success) {
    const [issue] = card.error.issues;
    throw refuse(`card.json: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`);
  }
  if (createHash('sha256').update(weightBytes).digest('hex') !== card.data.weightsSha256) {
    throw refuse('weights.bin is not the file its card was written for (SHA-256 differs)');
  }
  const specs = weightSpecs(parseJson(modelBytes, 'model.json', refuse), refuse);
  const weights = sliceWeights(specs, weightBytes, refuse);
  checkFit(card.data, weights, refuse);
  return { id, card: card.data, weights };
}

type Refuse = (reason: string, cause?: unknown) => AppError;

async function readLimited(path: string, name: keyof typeof LIMITS, refuse: Refuse): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const status = await file.stat();
      if (!status.isFile()) throw refuse(`${name} is not a file`);
      if (status.size > LIMITS[name]) throw refuse(`${name} is larger than ${LIMITS[name]} bytes`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuse(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function parseJson(bytes: Buffer, name: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw refuse(`${name} is not JSON`, error);
  }
}

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The list of weights in a TensorFlow.js model file: plain float32, all in `weights.bin`. */
function weightSpecs(model: unknown, refuse: Refuse): WeightSpec[] {
  const manifest = property(model, 'weightsManifest');
  const [group, ...more] = Array.isArray(manifest) ? (manifest as unknown[]) : [];
  const paths = property(group, 'paths');
  const weights = property(group, 'weights');
  if (more.length > 0 || !Array.isArray(paths) || paths.join() !== 'weights.bin' || !Array.isArray(weights)) {
    throw refuse('model.json does not keep its weights in weights.bin');
  }
  return (weights as unknown[]).map((spec) => {
    const name = property(spec, 'name');
    const shape = property(spec, 'shape');
    const plain = property(spec, 'dtype') === 'float32' && property(spec, 'quantization') === undefined;
    if (typeof name !== 'string' || !isShape(shape) || !plain) {
      throw refuse('model.json holds weights of another kind than float32');
    }
    return { name, shape };
  });
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 4 && value.every((n) => Number.isInteger(n) && n > 0);
}

function sliceWeights(specs: readonly WeightSpec[], bytes: Buffer, refuse: Refuse): NamedWeights {
  const lengths = specs.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  if (4 * lengths.reduce((sum, n) => sum + n, 0) !== bytes.length) {
    throw refuse('weights.bin has another size than model.json says');
  }
  const weights = new Map<string, WeightValues>();
  let at = 0;
  specs.forEach(({ name, shape }, i) => {
    // A copy begins on a multiple of four bytes, which the file's place in memory need not.
    const values = new Float32Array(Uint8Array.prototype.slice.call(bytes, at, at + 4 * lengths[i]!).buffer);
    if (!values.every(Number.isFinite))
      throw refuse(`its weights “${name}” hold values that are not numbers`);
    if (weights.has(name)) throw refuse(`its weights “${name}” are there twice`);
    weights.set(name, { shape, values });
    at += 4 * lengths[i]!;
  });
  return weights;
}

/** Whether the weights are those of the network on the card: each one, with its shape, and no other. */
function checkFit({ network }: ModelCard, weights: NamedWeights, refuse: Refuse): void {
  const expected = new Map(
    layersOf(network).flatMap(({ name, kernel, transposed, from, to }) => [
      [`${name}/kernel`, [kernel, kernel, ...(transposed ? [to, from] : [from, to])]],
      [`${name}/bias`, [to]],
    ]),
  );
  for (const [name, shape] of expected) {
    const found = weights.get(name)?.shape.join('×') ?? 'nothing';
    if (found !== shape.join('×')) {
      throw refuse(`its weights “${name}” are ${found}, expected ${shape.join('×')}`);
    }
  }
  for (const name of weights.keys()) {
    if (!expected.has(name)) throw refuse(`its network has no place for the weights “${name}”`);
  }
}
