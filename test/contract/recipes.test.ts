import { expect, test } from 'vitest';
import { namedNetworks } from '../../contract/network.ts';
import { choicesOf, recipeNames, recipes } from '../../contract/recipes.ts';
import { trainingTexts } from '../../contract/texts/training-en.ts';
import { trainingTextsZhHans } from '../../contract/texts/training-zh-hans.ts';
import { trainingConfig } from '../../contract/train.ts';
import { geometryOf } from '../../model/networks/geometry.ts';

const start = { network: namedNetworks['unet-medium'], noise: { trained: 'gaussian:0-0.22+jpeg:40-90' } };

test.each(recipeNames)('the recipe “%s” makes whole choices, with and without a built-in model', (name) => {
  for (const from of [null, start]) {
    const config = trainingConfig.parse({ folders: ['/p'], name: 'x', ...choicesOf(name, from) });
    expect(config.patch % geometryOf(config.network).multiple).toBe(0);
    expect('minutes' in config.length && config.length.minutes).toBeLessThanOrEqual(20);
  }
});

test('a recipe that goes on from a model has its network, and where it says so its noise', () => {
  expect(choicesOf('night-camera', start).network).toBe(start.network);
  expect(choicesOf('improve-built-in', start).noise).toEqual([
    { kind: 'gaussian', low: 0, high: 0.22 },
    { kind: 'jpeg', low: 40, high: 90 },
  ]);
  expect(choicesOf('improve-built-in', null).noise).toBeUndefined();
  const pictures = { kind: 'noisy' };
  expect(choicesOf('microscope', start)).toMatchObject({ network: start.network, pictures });
  expect(choicesOf('microscope', null)).toMatchObject({ network: { channels: 1 }, pictures });
});

test.each(['that of the pairs it was trained on', 'camera:0-0.2+gaussian:0-0.22'])(
  'a model that learnt “%s”, which the trainer cannot make, goes on with noise as in photographs',
  (trained) => {
    const { noise = [] } = choicesOf('improve-built-in', { ...start, noise: { trained } });
    expect(noise.map(({ kind }) => kind)).toEqual(['poisson-gaussian', 'correlated', 'jpeg']);
  },
);

test('every noise of the table can be read', () => {
  for (const name of recipeNames) {
    const { noise } = recipes[name];
    if (noise !== null && noise !== 'as-start')
      expect(choicesOf(name, null).noise?.length).toBeGreaterThan(0);
  }
});

test('sentences about a training have the same gaps in both languages', () => {
  const gaps = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([gap]) => gap))].sort();
  for (const [key, text] of Object.entries(trainingTexts)) {
    expect(gaps(trainingTextsZhHans[key as keyof typeof trainingTexts]), key).toEqual(gaps(text));
  }
});
