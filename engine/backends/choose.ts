import type { BackendChoice, BackendMeasurement, BackendName, BackendState } from '../../contract/backend.ts';
import { AppError, failureOf, reasonIn, type Said } from '../../contract/errors.ts';
import { listed, phrase } from '../../contract/texts/fill-in.ts';
import type { TileNetwork } from '../../model/inference/tile-network.ts';
import type { LoadedModel } from '../models/load.ts';
import type { Backend, BackendNetwork } from './backend.ts';
import { testTile } from './test-picture.ts';

/** Largest difference to the reference that is accepted, on the [0, 1] scale. */
export const AGREEMENT = 1e-3;

/** Small enough for the plainest of references, larger than a tile's border. */
const COMPARED = { width: 40, height: 32 };
/** Sides of the tiles whose speed is measured: the larger one where the smaller takes less than so long. */
const MEASURED = { small: 256, large: 512, quickMs: 100 };
const LEAST_MS = 600;

export interface ChoiceOptions {
  /** In the order in which they are tried. */
  readonly backends: readonly Backend[];
  /** Makes a network that is known to be right: whatever is chosen has to agree with it. */
  readonly reference: (model: LoadedModel) => Promise<BackendNetwork>;
  readonly choice: BackendChoice;
  readonly threads: number;
  readonly signal: AbortSignal;
}

type Tried = BackendMeasurement['tried'][number];

/**
 * Compares backends with a reference on a small picture, measures the speed of those that agree, and chooses the
 * fastest. One that is asked for by name is compared all the same.
 * @throws AppError `backend-unavailable`, `backend-disagrees` when none is left
 */
export async function chooseBackend(model: LoadedModel, options: ChoiceOptions): Promise<BackendMeasurement> {
  const { choice, signal } = options;
  const wanted = options.backends.filter(({ name }) => choice === 'auto' || name === choice);
  const states = new Map<Backend, BackendState>();
  for (const backend of wanted) states.set(backend, await backend.describe());
  const expected = await referenceAnswer(model, options.reference);
  const tried: Tried[] = [];
  for (const [backend, { available, description }] of states) {
    signal.throwIfAborted();
    if (!available) tried.push(refusedBecause(backend.name, description));
    else if (backend.lastResort && tried.some(isUsable)) tried.push(refusedBecause(backend.name, NOT_NEEDED));
    else tried.push(await tryBackend(backend, model, expected, options));
  }
  return { chosen: fastestOf(tried, choice), tried };
}

const NOT_NEEDED = phrase('backend-not-needed');

const isUsable = ({ megapixelsPerSecond }: Tried): boolean => megapixelsPerSecond !== null;

function refusedBecause(name: BackendName, refused: Said, difference: number | null = null): Tried {
  return { name, megapixelsPerSecond: null, difference, refused };
}

function fastestOf(tried: readonly Tried[], choice: BackendChoice): BackendName {
  const [fastest] = tried.filter(isUsable).sort((a, b) => b.megapixelsPerSecond! - a.megapixelsPerSecond!);
  if (fastest) return fastest.name;
  const disagreeing = tried.find(({ difference }) => difference !== null);
  if (disagreeing) throw disagreement(disagreeing.name, disagreeing.difference!);
  const reasons = tried.flatMap(({ refused }) => (refused ? [reasonIn(refused)] : []));
  const reason = reasons.length > 0 ? listed(reasons) : phrase('backend-unknown');
  throw new AppError('backend-unavailable', { backend: choice, reason });
}

function disagreement(backend: BackendName, difference: number): AppError {
  const details = { backend, difference: difference.toPrecision(2), limit: AGREEMENT };
  return new AppError('backend-disagrees', details);
}

async function referenceAnswer(
  model: LoadedModel,
  reference: ChoiceOptions['reference'],
): Promise<Float32Array> {
  const network = await reference(model);
  try {
    return await answer(network);
  } finally {
    await network.dispose();
  }
}

/** What is compared: a picture that is the same as bytes and as floats. */
function comparedTile(channels: 1 | 3): { bytes: Uint8Array; floats: Float32Array; noiseFactor: number } {
  const { samples, noiseFactor } = testTile(COMPARED.width, COMPARED.height, channels);
  const bytes = Uint8ClampedArray.from(samples, (value) => 255 * value);
  return {
    bytes: new Uint8Array(bytes),
    floats: Float32Array.from(bytes, (value) => value / 255),
    noiseFactor,
  };
}

function answer(network: TileNetwork): Promise<Float32Array> {
  const { floats, noiseFactor } = comparedTile(network.channels);
  return network.run(floats, COMPARED.height, COMPARED.width, noiseFactor);
}

/** Largest difference to what is expected, of floats and, where the network takes them, of bytes. */
async function differenceTo(expected: Float32Array, network: TileNetwork): Promise<number> {
  const ofFloats = largestDifference(await answer(network), expected);
  if (!network.runBytes) return ofFloats;
  const { bytes, noiseFactor } = comparedTile(network.channels);
  const rounded = await network.runBytes(bytes, COMPARED.height, COMPARED.width, noiseFactor);
  if (!rounded) return Infinity;
  const clipped = expected.map((value) => Math.min(1, Math.max(0, value)));
  const ofBytes = largestDifference(
    Float32Array.from(rounded, (value) => value / 255),
    clipped,
  );
  return Math.max(ofFloats, ofBytes - 0.5 / 255); // rounding itself moves a value by half a level
}

async function tryBackend(
  backend: Backend,
  model: LoadedModel,
  expected: Float32Array,
  { threads, signal }: ChoiceOptions,
): Promise<Tried> {
  const { name } = backend;
  let network: BackendNetwork | null = null;
  try {
    network = await backend.load(model, threads);
    const difference = await differenceTo(expected, network);
    if (!(difference <= AGREEMENT)) {
      return refusedBecause(name, failureOf(disagreement(name, difference)), difference);
    }
    return { name, megapixelsPerSecond: await speedOf(network, signal), difference, refused: null };
  } catch (error) {
    signal.throwIfAborted();
    return refusedBecause(name, failureOf(error));
  } finally {
    await network?.dispose();
  }
}

/** Infinite where the answers are not even of the same size, or not finite. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

/** Megapixels per second of the network alone: the best of the runs that fit into a short time. */
export async function speedOf(network: TileNetwork, signal: AbortSignal): Promise<number> {
  const { small, large, quickMs } = MEASURED;
  await timeOf(network, small, small, signal); // the first one prepares memory and threads
  const quick = (await timeOf(network, small, small, signal)) < quickMs;
  const side = quick ? large : small;
  const started = performance.now();
  let best = Infinity;
  do best = Math.min(best, await timeOf(network, side, side, signal));
  while (performance.now() - started < LEAST_MS);
  return (side * side) / 1e6 / (best / 1000);
}

/** Milliseconds for one tile. */
async function timeOf(
  network: TileNetwork,
  width: number,
  height: number,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const tile = testTile(width, height, network.channels);
  const started = performance.now();
  await network.run(tile.samples, height, width, tile.noiseFactor);
  return performance.now() - started;
}
