/** The samples of a picture as its file stores them. Float samples are mapped to [0, 1]. */
export type Samples = Uint8Array | Uint16Array | Float32Array;

/**
 * A whole picture without alpha: samples interleaved by row, `[height, width, channels]`.
 * Kept in the file's own depth, because floats of a 100-megapixel picture would fill the memory;
 * tiles are converted to float32 in [0, 1] as they are needed.
 */
export interface Raster<S extends Samples = Samples> {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  readonly samples: S;
}

/** An image in the sense of the networks: float32 `[height, width, channels]`, values in [0, 1]. */
export type FloatImage = Raster<Float32Array>;

/** The sample value that stands for 1. */
export function whiteOf(samples: Samples): number {
  if (samples instanceof Uint8Array) return 255;
  if (samples instanceof Uint16Array) return 65535;
  return 1;
}

/** A fresh, empty array of the same kind. */
export function samplesLike(samples: Samples, length: number): Samples {
  if (samples instanceof Uint8Array) return new Uint8Array(length);
  if (samples instanceof Uint16Array) return new Uint16Array(length);
  return new Float32Array(length);
}
