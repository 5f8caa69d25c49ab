import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { samplesLike, type Raster } from '../image.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import { planTiles, type TilePlan } from './plan-tiles.ts';
import type { Strength } from './strength.ts';
import {
  averageChannels,
  cutBytes,
  cutTile,
  joinChannels,
  stitchBytes,
  stitchTile,
  tilesOf,
  type ChannelChoice,
  type TilePlace,
} from './tile-samples.ts';
import { answerInside, openGate, type Gate, type TileNetwork } from './tile-network.ts';

export interface DenoiseSettings extends Strength {
  /** Told to the network. */
  readonly noiseFactor: number;
  /** Longest side of a tile in pixels; null: no limit but the memory. */
  readonly tileLimit: number | null;
  /** Bytes the whole process may take; 0: no bound. A third of it is for the network, at most the usual. */
  readonly memory: number;
}

export interface DenoiseControl {
  readonly signal: AbortSignal;
  /** Share of the picture that is done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  readonly gate?: Gate;
}

/**
 * Bytes a tile may take where nothing else is said. Decides how tiles are cut and with that the last bit of the
 * answer, so it is the same on every machine.
 */
const USUAL_MEMORY = 800e6;

/**
 * Cleans a picture with a network, tile by tile: `denoised = noisy + strength × (network(noisy) − noisy)`. The
 * answer has the depth and the size of the picture. Colour pictures go through grey networks channel by channel,
 * grey ones through colour networks three times the same. Between tiles the event loop turns; a cancelled request
 * ends there.
 * @throws AppError `model-unsuitable` when the answer is not finite; the signal's reason when aborted
 */
export async function denoiseRaster(
  raster: Raster,
  network: TileNetwork,
  settings: DenoiseSettings,
  { signal, onProgress, gate = openGate }: DenoiseControl,
): Promise<Raster> {
  signal.throwIfAborted();
  const denoised: Raster = { ...raster, samples: samplesLike(raster.samples, raster.samples.length) };
  const tiles = tilesOf(planFor(raster, network, settings));
  const cleanTile =
    byteCleaner(raster, denoised, network, settings) ?? floatCleaner(raster, denoised, network, settings);
  for (const [index, place] of tiles.entries()) {
    const finite = await gate.turn(() => {
      signal.throwIfAborted();
      return cleanTile(place);
    });
    if (!finite) throw notFinite();
    onProgress?.((index + 1) / tiles.length);
    await nextTurn();
    signal.throwIfAborted();
  }
  return denoised;
}

/** Cleans one tile; tells whether every value of the answer was a number. */
type TileCleaner = (place: TilePlace) => Promise<boolean>;

/** The short way for 8-bit pictures that get the network's answer as it is, where the network offers it. */
function byteCleaner(
  raster: Raster,
  denoised: Raster,
  network: TileNetwork,
  { strength, colourStrength, noiseFactor }: DenoiseSettings,
): TileCleaner | null {
  const full = strength === 1 && colourStrength === 1;
  if (!network.runBytes || !full || raster.channels !== network.channels) return null;
  if (!isBytes(raster) || !isBytes(denoised)) return null;
  let tile: Uint8Array | null = null; // one for all: fresh memory costs time
  return async (place) => {
    tile = cutBytes(raster, place, tile);
    const answer = await network.runBytes!(tile, place.height, place.width, noiseFactor);
    if (answer) stitchBytes(answer, place, denoised);
    return answer !== null;
  };
}

const isBytes = (raster: Raster): raster is Raster<Uint8Array> => raster.samples instanceof Uint8Array;

function floatCleaner(
  raster: Raster,
  denoised: Raster,
  network: TileNetwork,
  settings: DenoiseSettings,
): TileCleaner {
  const answerTile = tileAnswerer(raster, network, settings.noiseFactor);
  return async (place) => stitchTile(await answerTile(place), place, raster, denoised, settings);
}

/** How a picture is cut for a network: known beforehand, from sizes alone. */
export function planFor(
  size: { width: number; height: number },
  network: Pick<TileNetwork, 'radius' | 'multiple' | 'bytesPerPixel'>,
  { tileLimit, memory }: Pick<DenoiseSettings, 'tileLimit' | 'memory'>,
): TilePlan {
  return planTiles(size, {
    radius: network.radius,
    multiple: network.multiple,
    maxPixels: Math.min(USUAL_MEMORY, memory > 0 ? memory / 3 : Infinity) / network.bytesPerPixel,
    maxSide: tileLimit ?? Infinity,
  });
}

/**
 * The network's answer for a tile, `[height, width, channels]` with the channels of the picture; or for a part of the
 * tile alone, shaped as the part.
 */
export function tileAnswerer(
  raster: Raster,
  network: TileNetwork,
  noiseFactor: number,
): (place: TilePlace, part?: Rectangle) => Promise<Float32Array> {
  let tile: Float32Array | null = null; // one for all: fresh memory costs time
  const run = (choice: ChannelChoice, place: TilePlace, part?: Rectangle) => {
    tile = cutTile(raster, place, choice, tile);
    if (part) return answerInside(network, tile, place, noiseFactor, part);
    return network.run(tile, place.height, place.width, noiseFactor);
  };
  if (raster.channels === network.channels) return (...where) => run({ kind: 'all' }, ...where);
  if (raster.channels === 1)
    return async (...where) => averageChannels(await run({ kind: 'replicate' }, ...where));
  return async (...where) => {
    const answers: Float32Array[] = [];
    // Copies, because a network may answer with the very array it was given.
    for (const channel of [0, 1, 2]) answers.push((await run({ kind: 'one', channel }, ...where)).slice());
    return joinChannels(answers);
  };
}

export function notFinite(): AppError {
  const reason = phrase('model-answer-nan');
  return new AppError('model-unsuitable', { model: 'network', reason });
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
