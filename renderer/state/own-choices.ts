import type { PictureChoices } from '../../contract/settings.ts';

/** `colourStrength` undefined: as the strength of brightness. */
export type TuningChanges = { readonly [K in keyof PictureChoices]?: PictureChoices[K] | undefined };

/**
 * Choices after some of them were changed. A colour strength that is moved to where the strength of brightness stands
 * follows that from then on; a strength that only passes by it takes nothing along.
 */
export function withChanges(choices: PictureChoices, changes: TuningChanges): PictureChoices {
  const next = { ...choices, ...changes } as PictureChoices;
  return 'colourStrength' in changes ? following(next) : next;
}

/** A colour strength that is the strength of brightness follows it. */
export function following(choices: PictureChoices): PictureChoices {
  const { colourStrength, ...others } = choices;
  return colourStrength === undefined || colourStrength === choices.strength ? others : choices;
}

/**
 * What is sent for chosen pictures when some of their choices were changed: those and no others, because each of the
 * pictures may have its own. The two strengths go together: what a row leaves out is taken from the batch, so a colour
 * strength that follows is said outright.
 * @param choices those of the picture that is looked at, as changed
 */
export function changesToSend(
  choices: PictureChoices,
  changed: ReadonlySet<keyof PictureChoices>,
): TuningChanges {
  const { strength, colourStrength = strength } = choices;
  const strengths = changed.has('strength') || changed.has('colourStrength');
  return {
    ...(changed.has('model') && { model: choices.model }),
    ...(changed.has('noiseFactor') && { noiseFactor: choices.noiseFactor }),
    ...(strengths && { strength, colourStrength }),
  };
}
