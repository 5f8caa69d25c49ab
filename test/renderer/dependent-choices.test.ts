import { expect, test } from 'vitest';
import { choicesOf } from '../../contract/recipes.ts';
import { trainingChoices, type TrainingChoices } from '../../contract/training-view.ts';
import { following, usualChoices } from '../../renderer/state/dependent-choices.ts';

const recipe = trainingChoices.parse({
  ...choicesOf('improve-built-in', null),
  name: 'mine',
  from: 'gaussian-small',
});
const change = (before: TrainingChoices, changes: Partial<TrainingChoices>) => {
  const after = { ...before, ...changes };
  return { ...after, ...following(before, after, recipe) };
};

test('what starts from nothing is taught faster, and back again as the recipe has it', () => {
  const anew = change(recipe, { from: null });
  expect(anew).toMatchObject({ learningRate: 1e-3, warmUpSteps: 200, loss: 'mean-absolute-error' });
  expect(change(anew, { from: 'gaussian-small' })).toEqual(recipe);
});

test('noisy pictures alone are learnt from by the squared error, and told what is measured', () => {
  const blind = change(change(recipe, { from: null }), { pictures: { kind: 'noisy' } });
  expect(blind).toMatchObject({ loss: 'mean-squared-error', wrongFactorShare: 0, learningRate: 1e-3 });
});

test('what a person has chosen stays', () => {
  const own = change(recipe, { learningRate: 5e-5 });
  expect(change(own, { from: null })).toMatchObject({ learningRate: 5e-5, warmUpSteps: 200 });
  expect(change(recipe, { from: null, warmUpSteps: 7 })).toMatchObject({
    warmUpSteps: 7,
    learningRate: 1e-3,
  });
});

test('what followed from the pictures and the start is usual, what was changed by hand is not', () => {
  const blind = change(recipe, { from: null, pictures: { kind: 'noisy' } });
  expect(blind.learningRate).not.toBe(recipe.learningRate);
  expect(usualChoices(blind, recipe)).toEqual(blind);
  expect(JSON.stringify(usualChoices(recipe, recipe))).toBe(JSON.stringify(recipe));
  const own = change(blind, { learningRate: 5e-5, batch: 3 });
  expect(usualChoices(own, recipe)).toEqual(blind);
});

test('a network that was changed by hand leaves nothing behind when the recipe is restored', () => {
  const classic = { kind: 'classic', channels: 3, filters: [8] } as unknown as TrainingChoices['network'];
  const changed = change(change(recipe, { from: null }), { network: classic });
  expect(changed.loss).toBe('mean-squared-error');
  const restored = usualChoices(changed, recipe);
  expect(restored).toMatchObject({ network: recipe.network, loss: 'mean-absolute-error' });
  expect(usualChoices(restored, recipe)).toEqual(restored);
});
