import type { Rectangle } from '../../contract/rectangle.ts';
import { cropRaster } from '../region.ts';

/**
 * A prepared network as tiled inference sees it: whatever runs it (TensorFlow, ONNX Runtime, a test), tiles
 * go in and come out as plain float32 arrays `[height, width, channels]` with values in [0, 1].
 */
export interface TileNetwork {
  /** Channels of the pictures it knows: 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  /** Receptive-field radius in pixels: how far an input sample can reach in the answer. */
  readonly radius: number;
  /** How far beyond a block that begins and ends at multiples of `multiple` its answer looks; `radius` where not said. */
  readonly blockRadius?: number;
  /** Heights and widths it takes are multiples of this, and so are the places where tiles begin. */
  readonly multiple: number;
  /** Working memory while it runs, in bytes for each pixel of the tile. */
  readonly bytesPerPixel: number;
  /** Answers one tile. The answer is a fresh array of the same shape; the input may be used again. */
  run(tile: Float32Array, height: number, width: number, noiseFactor: number): Promise<Float32Array>;
  /**
   * The same answer inside a part of the tile alone, shaped as the part, where a library need not compute the rest to
   * its end.
   */
  runPart?(
    tile: Float32Array,
    height: number,
    width: number,
    noiseFactor: number,
    part: Rectangle,
  ): Promise<Float32Array>;
  /**
   * The same for 8-bit samples, where a library converts, clips and rounds to the nearest level itself, on all
   * cores and in less memory. Null when the answer holds values that are not numbers.
   */
  runBytes?(tile: Uint8Array, height: number, width: number, noiseFactor: number): Promise<Uint8Array | null>;
}

/** The answer inside a part of a tile, shaped as the part; by a network that can only answer all of it, cut out. */
export async function answerInside(
  network: TileNetwork,
  tile: Float32Array,
  { height, width }: { readonly height: number; readonly width: number },
  noiseFactor: number,
  part: Rectangle,
): Promise<Float32Array> {
  if (network.runPart) return network.runPart(tile, height, width, noiseFactor, part);
  const samples = await network.run(tile, height, width, noiseFactor);
  return cropRaster({ width, height, channels: network.channels, samples }, part).samples;
}

/** The same network with something done around every run, such as looking at a watch. */
export function watchedNetwork(
  network: TileNetwork,
  around: <T>(run: () => Promise<T>) => Promise<T>,
): TileNetwork {
  return {
    ...network,
    run: (...tile) => around(() => network.run(...tile)),
    ...(network.runPart && { runPart: (...tile) => around(() => network.runPart!(...tile)) }),
    ...(network.runBytes && { runBytes: (...tile) => around(() => network.runBytes!(...tile)) }),
  };
}

/**
 * Decides who runs next when several pictures share one network: each tile is run inside one turn, so that
 * a preview need not wait for a whole picture.
 */
export interface Gate {
  turn<T>(work: () => Promise<T>): Promise<T>;
}

/** The gate of somebody who is alone. */
export const openGate: Gate = { turn: (work) => work() };
