import { z } from 'zod';
import type { ImageSummary } from './image.ts';
import { fieldNoiseKinds, noiseLimits } from './noise.ts';
import { pictureChoices } from './settings.ts';

/** Pixels of a picture that is being looked at: what a viewer asks for, and what the engine answers. */

/** A part of the upright picture, in its pixels. */
export const region = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  width: z.int().min(1),
  height: z.int().min(1),
});
export type Region = z.infer<typeof region>;

/**
 * Which pixels: `noisy` (the picture itself, or with the playground's noise), `denoised`, `residual` (noisy −
 * denoised, amplified, around mid-grey), `clean` (the picture before the playground's noise).
 */
export const viewLayers = ['noisy', 'denoised', 'residual', 'clean'] as const;
export type ViewLayer = (typeof viewLayers)[number];

/** Noise that the playground adds to a clean picture. */
export const addedNoise = z
  .strictObject({
    kind: z.enum(fieldNoiseKinds),
    noiseFactor: z.number().min(0),
    seed: z.int().min(0).max(0xffffffff),
  })
  .refine(({ kind, noiseFactor }) => noiseFactor <= noiseLimits[kind].high);
export type AddedNoise = z.infer<typeof addedNoise>;

/** Everything that decides on the values of a view's pixels. */
export const viewChoices = pictureChoices.extend({
  /** Null outside the playground. */
  added: addedNoise.nullable().default(null),
});
export type ViewChoices = z.infer<typeof viewChoices>;

/** One rectangle of pixels: region of the picture, drawn `1 / reduction` as large (reduction 1, 2, 4, 8 …). */
export const viewTile = z.strictObject({
  view: z.string().min(1).max(64),
  page: z.int().min(0).default(0),
  layer: z.enum(viewLayers),
  region,
  reduction: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8), z.literal(16), z.literal(32), z.literal(64), z.literal(128)]), // prettier-ignore
  choices: viewChoices,
  /**
   * All that is looked at, where the region is a part of it: the network goes over it in one run, instead of over each
   * part and what lies around it.
   */
  seen: region.nullable().default(null),
  /** By how much `residual` is multiplied. */
  amplification: z.number().min(1).max(64).default(4),
});
export type ViewTile = z.infer<typeof viewTile>;

/** A picture that has been opened for looking. */
export interface OpenedView {
  readonly view: string;
  readonly summary: ImageSummary;
}

/**
 * Encoded pixels (PNG, 8 bit, with the picture's own colour profile, so that the browser shows its colours right).
 * `complete` is false while the network has not been over all of a reduced region yet: what is missing shows the noisy
 * picture, and a `view-progress` event tells when to ask again.
 */
export interface ViewPixels {
  readonly png: Uint8Array;
  readonly complete: boolean;
}

/** Whether what was removed is noise, or holds structure of the picture too. */
export interface ResidualVerdict {
  readonly verdict: 'noise-only' | 'trace' | 'some-structure' | 'structure' | 'nothing-removed';
  /**
   * Mean absolute autocorrelation of the residual at small lags, beyond what noise of its own spectrum would show;
   * 0 for white noise, 1 for a picture.
   */
  readonly structure: number;
  /** Standard deviation of what was removed, and of the noise that was to be removed, on the [0, 1] scale. */
  readonly removed: number;
  readonly noiseFactor: number;
}

/** PSNR in dB and SSIM against the clean picture, of a region of it, data range 255 after rounding to 8 bit. */
export interface ViewScore {
  readonly psnr: number;
  readonly ssim: number;
}

/** The playground's table. `blur` and `median` are the best of a few widths. */
export interface ViewScores {
  readonly noisy: ViewScore;
  readonly denoised: ViewScore;
  readonly blur: ViewScore;
  readonly median: ViewScore;
}
