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
  /** Id of the model it goes on from, whose network it has; where that is not there, `choices.network` begins from nothing. */
  readonly start: 'default' | 'gaussian-small';
  /** In the noise grammar, or `as-start`: the noise that the model it starts from was trained on, or nearly so. */
  readonly noise: string | null;
  /** What differs from the defaults of `trainingConfig`. */
  readonly choices: Choices;
}

/**
 * As near as the trainer comes to what cameras, film and JPEG leave in photographs: for models that learnt a noise which it
 * cannot make, such as that of the bundled ones for photographs (sensor noise before demosaicing).
 */
const noiseOfPhotographs = 'poisson-gaussian:0-0.1+correlated:0-0.1+jpeg:75-100';

const smallColour = namedNetworks['unet-small'];

/** What depends on where a training starts and on what pictures. */
export type DependentChoices = Pick<
  z.infer<typeof trainingConfig>,
  'learningRate' | 'warmUpSteps' | 'loss' | 'wrongFactorShare'
>;

/**
 * What is usual before a recipe or a person says anything: a model that is gone on with is taught gently; what is learnt
 * from noisy pictures alone, or by the textbook network, minimises the squared error; and noisy pictures are told what is
 * measured of them, which is wrong enough. Where each comes from stands in docs/experiments.md.
 */
export function usualFor({
  from,
  pictures,
  network,
}: Pick<z.infer<typeof trainingConfig>, 'from' | 'pictures' | 'network'>): DependentChoices {
  const squared = pictures.kind === 'noisy' || network.kind === 'classic';
  return {
    learningRate: from === null ? 1e-3 : 3e-4,
    warmUpSteps: from === null ? 200 : 100,
    loss: squared ? 'mean-squared-error' : 'mean-absolute-error',
    wrongFactorShare: pictures.kind === 'noisy' ? 0 : 0.1,
  };
}

/**
 * One row a recipe. A model that is gone on with is taught gently (a third of the usual learning rate or less) and soon
 * done; with the noise it knows, by the squared error it ended with. Blind-spot training minimises the squared error as its
 * paper does (Noise2Void), and goes on from what knows even noise: in twenty minutes that leads to more than beginning from
 * nothing does (docs/experiments.md). Amounts of noise are noise factors, those of `jpeg` qualities.
 *
 * Night: a sensor's noise, smeared a little by demosaicing, then a camera's JPEG. Film: grain of two sizes, much of it in
 * black and white. Old JPEGs: patches of several blocks of 8 × 8 pixels, so that the edges of blocks are seen.
 */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  'night-camera': {
    start: 'default',
    noise: 'poisson-gaussian:0.01-0.15+correlated:0-0.05+jpeg:80-98',
    choices: { network: smallColour, length: { minutes: 20 }, learningRate: 3e-4, warmUpSteps: 100, patch: 80 },
  },
  'film-scans': {
    start: 'default',
    noise: 'correlated:0.02-0.15+gaussian:0-0.04',
    choices: {
      network: smallColour, length: { minutes: 20 }, learningRate: 3e-4, warmUpSteps: 100, patch: 80, greyShare: 0.4,
    },
  },
  microscope: {
    start: 'gaussian-small',
    noise: null,
    choices: {
      network: { ...smallColour, channels: 1 }, pictures: { kind: 'noisy' }, length: { minutes: 20 },
      learningRate: 3e-4, warmUpSteps: 100, loss: 'mean-squared-error', wrongFactorShare: 0,
    },
  },
  'old-jpegs': {
    start: 'default',
    noise: 'gaussian:0-0.05+jpeg:15-90',
    choices: { network: smallColour, length: { minutes: 20 }, learningRate: 3e-4, warmUpSteps: 100, patch: 96, batch: 12 },
  },
  'improve-built-in': {
    start: 'default',
    noise: 'as-start',
    choices: {
      network: smallColour, length: { minutes: 20 }, learningRate: 2e-4, warmUpSteps: 100, loss: 'mean-squared-error',
    },
  },
}; // prettier-ignore

/**
 * The choices of a recipe, to be laid over the defaults.
 * @param start card of the model it goes on from
 */
export function choicesOf(
  name: RecipeName,
  start: { readonly network: Choices['network']; readonly noise: { readonly trained: string } } | null,
): Choices {
  const { noise, choices } = recipes[name];
  const grammar = noise === 'as-start' ? (start?.noise.trained ?? null) : noise;
  const network = start?.network ?? choices.network;
  return { ...choices, network, ...noiseOf(grammar) };
}

function noiseOf(grammar: string | null): Pick<Choices, 'noise'> {
  if (grammar === null) return {};
  try {
    return { noise: parseNoise(grammar) };
  } catch {
    return { noise: parseNoise(noiseOfPhotographs) };
  }
}
