import { failureOf, type Failure } from '../../../contract/errors.ts';
import { choicesOf, recipeNames, recipes } from '../../../contract/recipes.ts';
import { wasmTimes } from '../../../contract/train.ts';
import { trainingChoices, type TrainingOffer, type TrainingRecipe } from '../../../contract/training-view.ts';
import type { ModelSummary } from '../../../contract/model-card.ts';
import type { AppParts } from '../../parts.ts';

/** What this machine offers for training: every recipe with all its choices, and what it would train on. */
export async function trainingOffer({ engine, models }: AppParts): Promise<TrainingOffer> {
  const shownRecipes = recipeNames.map(async (recipe) =>
    recipeOf(recipe, await models.show(recipes[recipe].start).catch(() => null)),
  );
  return { recipes: await Promise.all(shownRecipes), ...(await backendFor(engine)) };
}

function recipeOf(recipe: (typeof recipeNames)[number], start: ModelSummary | null): TrainingRecipe {
  const from = start?.id ?? null;
  // A name is asked for, and there is none to suggest.
  const choices = trainingChoices.parse({ ...choicesOf(recipe, start?.card ?? null), name: recipe, from });
  return { recipe, choices: { ...choices, name: '' } };
}

async function backendFor(engine: AppParts['engine']): Promise<Omit<TrainingOffer, 'recipes'>> {
  try {
    const { backends } = await engine.call('describe', {});
    const isThere = (name: string) => backends.some((one) => one.name === name && one.available);
    if (isThere('tensorflow')) return { backend: 'tensorflow', timesSlower: 1, unavailable: null };
    if (isThere('wasm')) return { backend: 'wasm', timesSlower: wasmTimes, unavailable: null };
    const said = backends.find(({ name }) => name === 'tensorflow')?.description;
    return unavailable(said && 'code' in said ? said : failureOf(new Error('no backend')));
  } catch (error) {
    return unavailable(failureOf(error));
  }
}

const unavailable = (failure: Failure): Omit<TrainingOffer, 'recipes'> => ({
  backend: null,
  timesSlower: 1,
  unavailable: failure,
});
