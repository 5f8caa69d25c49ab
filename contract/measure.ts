import type { BackendName } from './backend.ts';

/** The noise of one picture, as measured. */
export interface NoiseEstimate {
  readonly file: string;
  /** Standard deviation on the [0, 1] scale, mean over channels; of smeared noise, that of the white noise it equals. */
  readonly noiseFactor: number;
  /** The same for each channel. */
  readonly channels: readonly number[];
  /** True when the noise is too low for cleaning to help. */
  readonly clean: boolean;
  /** The flat part it was measured on, in pixels of the upright picture. */
  readonly area: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  } | null;
  readonly method: string;
  readonly seconds: number;
}

/** How `evaluate` makes or finds its noisy pictures. */
export type EvaluationSource =
  | {
      readonly kind: 'synthetic';
      readonly folder: string;
      readonly noiseFactor: number;
      readonly seed: number;
      /** Clip the noisy picture to [0, 1] and round it to 8 bit, as files are. */
      readonly clipped: boolean;
      /** Tell the network the estimate instead of the true noise factor. */
      readonly blind: boolean;
    }
  | {
      readonly kind: 'pairs';
      readonly noisy: string;
      readonly clean: string;
      readonly noiseFactor: number | 'auto';
    };

export interface EvaluatedPicture {
  readonly file: string;
  /** What the network was told. */
  readonly noiseFactor: number;
  readonly noisyPsnr: number;
  readonly psnr: number;
  readonly noisySsim: number;
  readonly ssim: number;
}

/** Means over the pictures. PSNR in dB, data range 255 after clipping and rounding to 8 bit. */
export interface EvaluationSummary {
  readonly pictures: number;
  readonly psnr: number;
  readonly ssim: number;
  readonly noisyPsnr: number;
  readonly noisySsim: number;
  readonly noiseFactor: number;
  readonly model: string;
  readonly backend: BackendName;
  readonly seconds: number;
}

/** Speed of one backend at one picture size. */
export interface BenchResult {
  readonly backend: BackendName;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  /** The bare network on a resident tensor of one tile. */
  readonly networkMegapixelsPerSecond: number;
  /** A whole JPEG file to a whole JPEG file, pictures in a row. */
  readonly wholeMegapixelsPerSecond: number;
  /** 1 − network time of the whole ÷ total time. */
  readonly shareOutsideNetwork: number;
  readonly peakMemoryBytes: number;
  readonly threads: number;
}
