/**
 * A prepared network as tiled inference sees it: whatever runs it (TensorFlow, ONNX Runtime, a test), tiles
 * go in and come out as plain float32 arrays `[height, width, channels]` with values in [0, 1].
 */
export interface TileNetwork {
  /** Channels of the pictures it knows: 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  /** Receptive-field radius in pixels: how far an input sample can reach in the answer. */
  readonly radius: number;
  /** Heights and widths it takes are multiples of this, and so are the places where tiles begin. */
  readonly multiple: number;
  /** Working memory while it runs, in bytes for each pixel of the tile. */
  readonly bytesPerPixel: number;
  /** Answers one tile. The answer is a fresh array of the same shape; the input may be used again. */
  run(tile: Float32Array, height: number, width: number, noiseFactor: number): Promise<Float32Array>;
  /**
   * The same for 8-bit samples, where a library converts, clips and rounds to the nearest level itself, on all
   * cores and in less memory. Null when the answer holds values that are not numbers.
   */
  runBytes?(tile: Uint8Array, height: number, width: number, noiseFactor: number): Promise<Uint8Array | null>;
}

/** The same network with something done around every run, such as looking at a watch. */
export function watchedNetwork(
  network: TileNetwork,
  around: <T>(run: () => Promise<T>) => Promise<T>,
): TileNetwork {
  const { channels, radius, multiple, bytesPerPixel } = network;
  return {
    channels,
    radius,
    multiple,
    bytesPerPixel,
    run: (...tile) => around(() => network.run(...tile)),
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
