import type { ViewChoices } from '../../../../contract/view.ts';
import type { TuningChanges } from '../../../state/own-choices.ts';
import type { VariantKind } from '../../../state/view.svelte.ts';

/** One of the settings that are compared; `factor`, `strength` or `model` is what it is called by. */
export interface Variant {
  readonly choices: ViewChoices;
  readonly by:
    | { readonly kind: 'factor'; readonly factor: number }
    | { readonly kind: 'strength'; readonly strength: number }
    | { readonly kind: 'model'; readonly model: string };
}

export const mostVariants = 4;
const factorSteps = [0.6, 1, 1.5, 2.2];
const strengthSteps = [0.4, 0.6, 0.8, 1];
/** Where a picture shows hardly any noise there is still something to compare with what it has. */
const leastFactor = 0.02;

/**
 * Up to four settings around the present ones that differ in one thing.
 * @param factor the noise factor that is in use, also where it was measured
 */
export function variantsOf(
  kind: VariantKind,
  choices: ViewChoices,
  factor: number,
  largest: number,
  models: readonly string[],
): Variant[] {
  switch (kind) {
    case 'factor': {
      const wanted =
        factor < leastFactor
          ? [0.6 * factor, factor, leastFactor, 1.5 * leastFactor]
          : factorSteps.map((step) => step * factor);
      const values = wanted.map((value) => round(Math.min(value, largest)));
      return [...new Set(values)].map((value) => ({
        choices: { ...choices, noiseFactor: value },
        by: { kind, factor: value },
      }));
    }
    case 'strength':
      return strengthSteps.map((strength) => ({ choices: { ...choices, strength }, by: { kind, strength } }));
    case 'model':
      return models
        .slice(0, mostVariants)
        .map((model) => ({ choices: { ...choices, model }, by: { kind, model } }));
  }
}

/**
 * What choosing a variant changes: the one thing the variants differ in, and nothing else. In the playground the
 * network is always told the noise that was added, which is no choice for anybody's pictures.
 */
export function changesOf({ by }: Variant, playing: boolean): TuningChanges {
  switch (by.kind) {
    case 'factor':
      return playing ? {} : { noiseFactor: by.factor };
    case 'strength':
      return { strength: by.strength };
    case 'model':
      return { model: by.model };
  }
}

const round = (value: number) => Math.round(value * 1000) / 1000;
