import type { Said } from './errors.ts';

export const backendNames = ['tensorflow', 'onnx', 'wasm'] as const;
export type BackendName = (typeof backendNames)[number];
export type BackendChoice = 'auto' | BackendName;

/** What is known of one backend on this machine. */
export interface BackendState {
  readonly name: BackendName;
  readonly available: boolean;
  /** Version and device where available, else why not and what to do. */
  readonly description: Said;
}

/** The result of measuring the backends against each other with one model. */
export interface BackendMeasurement {
  readonly chosen: BackendName;
  readonly tried: readonly {
    readonly name: BackendName;
    /** Network speed in megapixels per second; null when it was not measured. */
    readonly megapixelsPerSecond: number | null;
    /** Largest difference to the reference backend on the test picture, [0, 1] scale. */
    readonly difference: number | null;
    /** Why it was not taken, null for those that could be. */
    readonly refused: Said | null;
  }[];
}
