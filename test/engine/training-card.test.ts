import { expect, test } from 'vitest';
import type { FamiliarPictures } from '../../contract/familiar.ts';
import { namedNetworks } from '../../contract/network.ts';
import { trainingCard } from '../../engine/training/training-card.ts';
import { requestFor, tinyConfig } from './train-fixtures.ts';

const familiar: FamiliarPictures = {
  sides: { low: 300, high: 500 },
  noiseFactors: { low: 0, high: 0.08 },
  bitDepths: [8],
  grey: false,
  colour: false,
  error: null,
};

/** A card of a network for colour, that has seen such pictures. */
function cardAfter(seen: Partial<FamiliarPictures> | null, pictures: readonly number[] = [7]) {
  const folders = pictures.map((_, at) => `/pictures/folder-${at}`);
  const config = tinyConfig('', { folders, network: namedNetworks['unet-small'] });
  return trainingCard(requestFor(config, '/models'), null, {
    step: 4,
    seconds: 95,
    validation: null,
    pictures,
    validationPictures: 2,
    familiar: seen && { ...familiar, ...seen },
  });
}

test.each([
  [{ grey: true, colour: false }, 'from grey pictures'],
  [{ grey: false, colour: true }, 'from colour pictures'],
  [{ grey: true, colour: true }, 'from grey and colour pictures'],
  [null, 'from colour pictures'],
])('a card says what was learnt from, not what the network could take: %o', (seen, words) => {
  expect(cardAfter(seen).purpose).toContain(words);
});

test('a card counts the pictures of all folders, by folder', () => {
  const { training } = cardAfter({ colour: true }, [3, 9]);
  expect(training.pictures).toBe(12);
  expect(training.sources.map(({ name, pictures }) => [name, pictures])).toEqual([
    ['folder-0', 3],
    ['folder-1', 9],
  ]);
  expect(training.minutes).toBe(1.6);
});
