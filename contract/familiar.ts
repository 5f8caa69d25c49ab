import { z } from 'zod';
import type { ImageSummary } from './image.ts';
import type { Notice } from './notice.ts';

/** What a model's training pictures were like, and whether another picture is unlike them. */

const range = z.object({ low: z.number(), high: z.number() });
const bitDepth = z.union([z.literal(8), z.literal(16), z.literal(32)]);

/** Of the pictures that a training has read. */
export const seenPictures = z.object({
  /** Shorter sides in pixels. */
  sides: range,
  /** Noise factors; of clean pictures, to which noise is added, 0. */
  noiseFactors: range,
  bitDepths: z.array(bitDepth).max(3),
  grey: z.boolean(),
  colour: z.boolean(),
});
export type SeenPictures = z.infer<typeof seenPictures>;

/** The same as it stands in a model's card. */
export const familiarPictures = seenPictures.extend({
  /**
   * Reconstruction error of the training pictures: mean and standard deviation of the mean absolute difference between
   * noisy picture and answer, divided by that of Gaussian noise of the picture's noise factor. 1 where exactly such noise
   * is taken away, more where something of the picture goes with it.
   */
  error: z.object({ mean: z.number(), deviation: z.number().min(0), pictures: z.int().min(1) }).nullable(),
});
export type FamiliarPictures = z.infer<typeof familiarPictures>;

/** Measuring noise is off by so much: factors that lie outside by no more are no news. */
const FACTOR_TOLERANCE = 1.25;
/** And by so much in any case: two levels of 8 bit. */
const FACTOR_MARGIN = 2 / 255;
/** Scale counts, but not before it is another one. */
const SIDE_TOLERANCE = 2;

/** What of a picture is compared, before it is cleaned. */
export interface Familiarity {
  readonly summary: Pick<ImageSummary, 'width' | 'height' | 'channels' | 'bitDepth'>;
  /** As measured, or as given. */
  readonly noiseFactor: number;
}

/** In what a picture is unlike those that a model was trained on; nothing where its card does not say. */
export function unlikeTraining(
  familiar: FamiliarPictures | undefined,
  { summary, noiseFactor }: Familiarity,
): Notice[] {
  if (!familiar) return [];
  const { noiseFactors, sides, bitDepths, grey, colour } = familiar;
  const notices: Notice[] = [];
  const most = Math.max(noiseFactors.high * FACTOR_TOLERANCE, noiseFactors.high + FACTOR_MARGIN);
  const least = Math.min(noiseFactors.low / FACTOR_TOLERANCE, noiseFactors.low - FACTOR_MARGIN);
  if (noiseFactor > most || noiseFactor < least) {
    const [low, high] = [noiseFactors.low.toFixed(3), noiseFactors.high.toFixed(3)];
    notices.push({ code: 'unlike-noise', details: { noiseFactor: noiseFactor.toFixed(3), low, high } });
  }
  const side = Math.min(summary.width, summary.height);
  if (side * SIDE_TOLERANCE < sides.low || side > sides.high * SIDE_TOLERANCE) {
    notices.push({ code: 'unlike-size', details: { side, low: sides.low, high: sides.high } });
  }
  if (summary.channels === 1 ? !grey : !colour) {
    notices.push({ code: summary.channels === 1 ? 'unlike-grey' : 'unlike-colour', details: {} });
  }
  if (!bitDepths.includes(summary.bitDepth)) {
    notices.push({
      code: 'unlike-depth',
      details: { bits: summary.bitDepth, trained: bitDepths.join(', ') },
    });
  }
  return notices;
}

/**
 * Whether more was taken out of a picture than was out of the training's: the classic test of autoencoders for what they
 * do not know, an error above the mean by more than a standard deviation. (Of familiar pictures, too, about one in six is.)
 * @param error as `FamiliarPictures.error` is measured; null where it was not
 */
export function unlikeByError(familiar: FamiliarPictures | undefined, error: number | null): Notice[] {
  if (!familiar?.error || error === null) return [];
  const most = familiar.error.mean + familiar.error.deviation;
  if (error <= most) return [];
  return [{ code: 'unlike-error', details: { error: error.toFixed(2), most: most.toFixed(2) } }];
}
