import type { TrainingConfig } from '../../contract/train.ts';
import { Random } from '../../model/noise/random.ts';
import { blindSpotCase } from '../../model/training/blind-spot.ts';
import { syntheticCases, validationNoises, type ValidationCase } from '../../model/training/validate.ts';
import type { ValidationCases } from './best-model.ts';
import type { Example } from './example.ts';
import { middleOf } from './validation-crop.ts';

/** The questions that validation asks about pictures which are not trained on: their middles, always the same. */
export function validationSet(
  examples: readonly Example[],
  { pictures, noise, seed }: TrainingConfig,
  multiple: number,
): ValidationCases {
  if (examples.length === 0) return null;
  const crops = examples.map(({ picture, target, noiseFactor }) => ({
    image: middleOf(picture, multiple),
    target: target && middleOf(target, multiple).samples,
    told: noiseFactor,
    eightBit: picture.samples instanceof Uint8Array,
  }));
  if (pictures.kind === 'clean') return () => syntheticCases(crops, validationNoises(noise), seed);
  const random = new Random(seed).split('validation blind spots');
  const cases = crops.map(({ image, target, told, eightBit }, i): ValidationCase => {
    if (target) return { noisy: image, told, target, counted: null, eightBit };
    // What was hidden is noisy itself, and not rounded away.
    return blindSpotCase(image, told, false, random.split(i));
  });
  return () => cases;
}
