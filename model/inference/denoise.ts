import { AppError } from '../../contract/errors.ts';
import { samplesLike, type Raster } from '../image.ts';
import { planTiles, type TilePlan } from './plan-tiles.ts';
import type { Strength } from './strength.ts';
import {
  averageChannels,
  cutTile,
  joinChannels,
  stitchTile,
  tilesOf,
  type ChannelChoice,
  type TilePlace,
} from './tile-samples.ts';
import { openGate, type Gate, type TileNetwork } from './tile-network.ts';

export interface DenoiseSettings extends Strength {
  /** Told to the network. */
  readonly noiseFactor: number;
  /** Longest side of a tile in pixels; null: no limit but the memory. */
  readonly tileLimit: number | null;
  /** Bytes the network may work in; 0: as many as usual. */
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
const USUAL_MEMORY = 600e6;

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
  for (const [index, place] of tiles.entries()) {
    const answer = await gate.turn(() => answerTile(raster, place, network, settings.noiseFactor, signal));
    checkFinite(answer);
    stitchTile(answer, place, raster, denoised, settings);
    onProgress?.((index + 1) / tiles.length);
    await nextTurn();
    signal.throwIfAborted();
  }
  return denoised;
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
    maxPixels: (memory > 0 ? memory : USUAL_MEMORY) / network.bytesPerPixel,
    maxSide: tileLimit ?? Infinity,
  });
}

/** The network's answer for one tile, `[height, width, channels]` with the channels of the picture. */
async function answerTile(
  raster: Raster,
  place: TilePlace,
  network: TileNetwork,
  noiseFactor: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const run = (choice: ChannelChoice) => {
    signal.throwIfAborted();
    return network.run(cutTile(raster, place, choice), place.height, place.width, noiseFactor);
  };
  if (raster.channels === network.channels) return run({ kind: 'all' });
  if (raster.channels === 1) return averageChannels(await run({ kind: 'replicate' }));
  const answers: Float32Array[] = [];
  for (const channel of [0, 1, 2]) answers.push(await run({ kind: 'one', channel }));
  return joinChannels(answers);
}

function checkFinite(answer: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < answer.length; i++) sum += answer[i]!;
  if (!Number.isFinite(sum)) {
    throw new AppError('model-unsuitable', {
      model: 'network',
      reason: 'its answer for this picture holds values that are not numbers',
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
