import type { z } from 'zod';
import { namedNetworks } from './network.ts';
import { parseNoise } from './noise.ts';
import type { trainingConfig } from './train.ts';

/** What a person may want of a training, in their own words; each sets every choice. Texts name them. */
export const recipeNames = [
  'night-camera',
  'film-scans',
  'microscope',
  'old-jpegs',
  'improve-built-in',
] as const;
export type RecipeName = (typeof recipeNames)[number];

type Choices = Omit<
  z.input<typeof trainingConfig>,
  'folders' | 'name' | 'from' | 'threads' | 'cache' | 'seed'
>;

export interface Recipe {
  /** `built-in` goes on from the default model, and has its network; `nothing` begins with `choices.network`. */
  readonly start: 'built-in' | 'nothing';
  /** In the noise grammar, or `as-start`: the noise that the model it starts from was trained on. */
  readonly noise: string | null;
  /** What differs from the defaults of `trainingConfig`. */
  readonly choices: Choices;
}

const smallColour = namedNetworks['unet-small'];

/**
 * One row a recipe. A model that is gone on with is taught gently (a third of the usual learning rate or less) and soon
 * done; blind-spot training minimises the squared error with the learning rate of its paper (Noise2Void: 4e-4). Amounts of
 * noise are noise factors, those of `jpeg` qualities.
 *
 * Night: a sensor's noise, smeared a little by demosaicing, then a camera's JPEG. Film: grain of two sizes, much of it in
 * black and white. Old JPEGs: patches of several blocks of 8 × 8 pixels, so that the edges of blocks are seen.
 */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  'night-camera': {
    start: 'built-in',
    noise: 'poisson-gaussian:0.01-0.15+correlated:0-0.05+jpeg:80-98',
    choices: { network: smallColour, length: { minutes: 20 }, learningRate: 3e-4, warmUpSteps: 100, patch: 80 },
  },
  'film-scans': {
    start: 'built-in',
    noise: 'correlated:0.02-0.15+gaussian:0-0.04',
    choices: {
      network: smallColour, length: { minutes: 20 }, learningRate: 3e-4, warmUpSteps: 100, patch: 80, greyShare: 0.4,
    },
  },
  microscope: {
    start: 'nothing',
    noise: null,
    choices: {
      network: { ...smallColour, channels: 1 }, pictures: { kind: 'noisy' }, length: { minutes: 20 },
      learningRate: 4e-4, loss: 'mean-squared-error', wrongFactorShare: 0,
    },
  },
  'old-jpegs': {
    start: 'built-in',
    noise: 'gaussian:0-0.05+jpeg:15-90',
    choices: { network: smallColour, length: { minutes: 20 }, learningRate: 3e-4, warmUpSteps: 100, patch: 96, batch: 12 },
  },
  'improve-built-in': {
    start: 'built-in',
    noise: 'as-start',
    choices: { network: smallColour, length: { minutes: 20 }, learningRate: 1e-4, warmUpSteps: 100 },
  },
}; // prettier-ignore

/**
 * The choices of a recipe, to be laid over the defaults.
 * @param start card of the model that `built-in` stands for; its network is gone on with
 */
export function choicesOf(
  name: RecipeName,
  start: { readonly network: Choices['network']; readonly noise: { readonly trained: string } } | null,
): Choices {
  const { noise, choices, start: from } = recipes[name];
  const grammar = noise === 'as-start' ? (start?.noise.trained ?? null) : noise;
  const network = from === 'built-in' && start ? start.network : choices.network;
  return { ...choices, network, ...noiseOf(grammar) };
}

/** A card may say in words what it was trained on: then the default noise it is. */
function noiseOf(grammar: string | null): Pick<Choices, 'noise'> {
  if (grammar === null) return {};
  try {
    return { noise: parseNoise(grammar) };
  } catch {
    return {};
  }
}
