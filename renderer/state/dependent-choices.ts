import { usualFor, type DependentChoices } from '../../contract/recipes.ts';
import type { TrainingChoices } from '../../contract/training-view.ts';

/**
 * What follows from a change: where a training starts from something else or has other pictures, choices that were as
 * usual become what is usual then. What a person has chosen stays.
 * @param recipe all choices as the recipe has them, which are what is usual while its start and pictures are kept
 */
export function following(
  before: TrainingChoices,
  after: TrainingChoices,
  recipe: TrainingChoices,
): Partial<DependentChoices> {
  const [was, is] = [usual(before, recipe), usual(after, recipe)];
  const names = Object.keys(is) as (keyof DependentChoices)[];
  const follows = names.filter((name) => before[name] === was[name] && after[name] === before[name]);
  return Object.fromEntries(follows.map((name) => [name, is[name]]));
}

/** All choices as a recipe has them, for the name, the start and the pictures that a person has chosen beside it. */
export function usualChoices(choices: TrainingChoices, recipe: TrainingChoices): TrainingChoices {
  const { name, from, pictures } = choices;
  const network = from === null ? recipe.network : choices.network;
  const kept = { ...recipe, name, from, pictures, network };
  return { ...kept, ...usual(kept, recipe) };
}

function usual(choices: TrainingChoices, recipe: TrainingChoices): DependentChoices {
  const isAsRecipe =
    (choices.from === null) === (recipe.from === null) &&
    choices.pictures.kind === recipe.pictures.kind &&
    choices.network.kind === recipe.network.kind;
  if (!isAsRecipe) return usualFor(choices);
  const { learningRate, warmUpSteps, loss, wrongFactorShare } = recipe;
  return { learningRate, warmUpSteps, loss, wrongFactorShare };
}
