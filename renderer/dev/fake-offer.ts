import { phrase } from '../../contract/texts/fill-in.ts';
import { namedNetworks } from '../../contract/network.ts';
import { recipeNames, type RecipeName } from '../../contract/recipes.ts';
import {
  trainingChoices,
  type TrainingChoices,
  type TrainingOffer,
  type TrainingPicture,
  type TrainingPlace,
  type WindowSurvey,
} from '../../contract/training-view.ts';
import type { TrainingPictures } from '../../contract/train.ts';

export const fakePlace: TrainingPlace = {
  id: 'night',
  name: 'Night 2026',
  kind: 'folder',
  label: '/home/ann/Pictures/Night 2026',
};

type Own = Partial<TrainingChoices>;
const own: Readonly<Record<RecipeName, Own>> = {
  'night-camera': { from: 'gaussian-small', noise: [{ kind: 'poisson-gaussian', low: 0.01, high: 0.15 }] },
  'film-scans': { from: 'gaussian-small', noise: [{ kind: 'correlated', low: 0.01, high: 0.1 }] },
  microscope: { pictures: { kind: 'noisy' }, network: { ...namedNetworks['unet-small'], channels: 1 } },
  'old-jpegs': { from: 'gaussian-small', noise: [{ kind: 'gaussian', low: 0, high: 0.05 }, { kind: 'jpeg', low: 20, high: 80 }] },
  'improve-built-in': { from: 'gaussian-small' },
}; // prettier-ignore

export const fakeOffer: TrainingOffer = {
  recipes: recipeNames.map((recipe) => ({
    recipe,
    choices: {
      ...trainingChoices.parse({
        name: 'x',
        network: namedNetworks['unet-small'],
        length: { minutes: 30 },
        ...own[recipe],
      }),
      name: '',
    },
  })),
  backend: 'tensorflow',
  timesSlower: 1,
  unavailable: null,
};

const names = ['bridge', 'market', 'station', 'harbour', 'tower', 'kitchen', 'window', 'tram'];
const samples: readonly TrainingPicture[] = Array.from({ length: 16 }, (_, index) => ({
  id: `sample-${index}`,
  name: `${names[index % names.length]}/DSC_${String(410 + index * 7).padStart(4, '0')}.jpg`,
  page: 0,
  validation: index < 5,
}));

/** @param broken with findings of every weight */
export function fakeSurvey(pictures: TrainingPictures, broken: boolean): WindowSurvey {
  const paired = pictures.kind === 'pairs';
  return {
    pictures: 312,
    files: paired ? 627 : 312,
    looked: 312,
    training: 281,
    validation: 31,
    sides: { smallest: 1200, median: 4000, largest: 4000 },
    depths: { 8: 312 },
    grey: 0,
    colour: 312,
    noiseFactor: 0.012,
    pairs: paired
      ? samples.map(({ name }) => ({ noisy: `noisy/${name}`, clean: `clean/${name}` }))
      : [],
    suggestedPairs: null,
    findings: broken
      ? [
          { code: 'clean-is-noisy', weight: 'warn', details: { count: 41, noiseFactor: 0.034 }, files: [{ file: 'market/DSC_0417.jpg', reason: phrase('seen-noise', { factor: '0.041' }) }, { file: 'station/DSC_0424.jpg', reason: phrase('seen-noise', { factor: '0.037' }) }] },
          { code: 'near-duplicates', weight: 'warn', details: { count: 3 }, files: [] },
          { code: 'unreadable', weight: 'note', details: { count: 1 }, files: [{ file: 'tower/DSC_0438.jpg', reason: phrase('damage-end-missing') }] },
        ]
      : [],
    samples,
  }; // prettier-ignore
}
