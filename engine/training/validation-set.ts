import type { TrainingConfig } from '../../contract/train.ts';
import { Random } from '../../model/noise/random.ts';
import { blindSpotCase } from '../../model/training/blind-spot.ts';
import {
  syntheticCases,
  validationNoises,
  type CleanPicture,
  type ValidationCase,
} from '../../model/training/validate.ts';
import type { ValidationCases } from './best-model.ts';
import type { Example } from './example.ts';
import { middleOf } from './validation-crop.ts';

/** The middle of a picture that is not trained on; the whole may be far too large to keep. */
export interface ValidationCrop extends CleanPicture {
  /** The same place of its clean partner. */
  readonly target: Float32Array | null;
  readonly told: number;
}

/** @param multiple what the network needs widths and heights to be multiples of */
export function cropForValidation(
  { picture, target, noiseFactor }: Example,
  multiple: number,
): ValidationCrop {
  return {
    image: middleOf(picture, multiple),
    target: target && middleOf(target, multiple).samples,
    told: noiseFactor,
    eightBit: picture.samples instanceof Uint8Array,
  };
}

/** The questions that validation asks, always the same. */
export function validationSet(
  crops: readonly ValidationCrop[],
  { pictures, noise, seed }: TrainingConfig,
): ValidationCases {
  if (crops.length === 0) return null;
  if (pictures.kind === 'clean') return () => syntheticCases(crops, validationNoises(noise), seed);
  const random = new Random(seed).split('validation blind spots');
  const cases = crops.map(({ image, target, told, eightBit }, i): ValidationCase => {
    if (target) return { noisy: image, told, target, counted: null, eightBit };
    // What was hidden is noisy itself, and not rounded away.
    return blindSpotCase(image, told, false, random.split(i));
  });
  return () => cases;
}
