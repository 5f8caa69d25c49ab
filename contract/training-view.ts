import type { z } from 'zod';
import type { Failure } from './errors.ts';
import type { RecipeName } from './recipes.ts';
import {
  trainingConfig,
  type TrainingBegun,
  type TrainingOutcome,
  type TrainingSurvey,
  type TrainingVerdict,
} from './train.ts';
import type { Place } from './window-api.ts';

/** A training as a window shows it: before it starts, while it runs, and what came of it. */

/** What a person chooses. Where the pictures lie is said in places; threads and memory are settings of the app. */
export const trainingChoices = trainingConfig.omit({ folders: true, threads: true, cache: true });
export type TrainingChoices = z.infer<typeof trainingChoices>;

/** Whether there are noisy pictures alone: then what is compared are hidden pixels, with what they were. */
export const isBlind = (choices: Pick<TrainingChoices, 'pictures'> | null): boolean =>
  choices?.pictures.kind === 'noisy';

/** A folder (or a picture) to train on. `label`: its path, as text to read. */
export interface TrainingPlace extends Place {
  readonly label: string;
}

/** A recipe with all its choices, the model it starts from among them. */
export interface TrainingRecipe {
  readonly recipe: RecipeName;
  /** The name is a suggestion and empty. */
  readonly choices: TrainingChoices;
}

/** What this machine offers for training. */
export interface TrainingOffer {
  readonly recipes: readonly TrainingRecipe[];
  /** What it would train on; null where it can't, see `unavailable`. */
  readonly backend: 'tensorflow' | 'wasm' | null;
  /** How many times slower than on native TensorFlow a step is; 1 where that is there. */
  readonly timesSlower: number;
  readonly unavailable: Failure | null;
}

/** One of the pictures of a training. Of pairs, the noisy one. */
export interface TrainingPicture {
  readonly id: string;
  /** Path below the folder that was chosen, as text to read. */
  readonly name: string;
  /** Of a stack; else 0. */
  readonly page: number;
  /** Whether validation looks at it: what is seen of it was not learnt by heart. */
  readonly validation: boolean;
}

/** A survey as a window sees it: files are named as `TrainingPicture.name` is. */
export interface WindowSurvey extends Omit<TrainingSurvey, 'samples'> {
  /** At most 48, spread over all that can be read, those of the validation first: to look at, and to pin. */
  readonly samples: readonly TrainingPicture[];
}

/** A measure of likeness to the reference: PSNR in dB and SSIM, means over the pictures of the validation. */
export interface Quality {
  readonly psnr: number;
  /** Null where it can't be told: of noisy pictures alone. */
  readonly ssim: number | null;
}

/** What the network reached after so many steps. */
export interface TrainingValidation extends Quality {
  readonly step: number;
  /** Mean loss of the steps since the validation before. */
  readonly loss: number | null;
  /** The best so far, by PSNR. */
  readonly best: boolean;
}

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** The lines of the plot. */
export interface TrainingCurve {
  /** At most 1000, evenly thinned out over the steps. */
  readonly losses: readonly LossPoint[];
  readonly validations: readonly TrainingValidation[];
  /**
   * The lines to beat: the noisy pictures as they are; a Gaussian blur, the best of a few widths; and the model it started
   * from, where it started from one.
   */
  readonly noisy: Quality | null;
  readonly blur: Quality | null;
  readonly start: Quality | null;
}

/** A picture that is shown before and after at each checkpoint: a piece of it, always the same. */
export interface TrainingPin {
  /** Names its images, see `trainingImagePath`. */
  readonly pin: string;
  readonly name: string;
  readonly page: number;
  readonly validation: boolean;
  readonly width: number;
  readonly height: number;
  /** Whether there is a `clean` image of it. */
  readonly hasClean: boolean;
}

export interface TrainingCheckpoint {
  readonly step: number;
  /** Time trained until then. */
  readonly seconds: number;
  /** The validation of it; null where it was not judged: checkpoints come more often than validations. */
  readonly quality: Quality | null;
  readonly best: boolean;
  /** The pinned pictures were cleaned with it, and can be looked at. */
  readonly previews: boolean;
  /** Its weights are still there: it can be kept as the model. */
  readonly usable: boolean;
}

/** How a training ended. */
export interface TrainingResult {
  /** Id of the model in the library; null where nothing was learnt, or it was removed since. */
  readonly model: string | null;
  readonly stopped: boolean;
  /** What ended it early. What was learnt before is kept all the same. */
  readonly endedBy: Failure | null;
  readonly leftOut: TrainingOutcome['leftOut'];
}

/**
 * `preparing`: its engine starts and the pictures are looked at · `pausing`, `stopping`: what was learnt is being
 * written down · `paused`: by the person, or by what `pausedBy` says; nothing of it is in memory.
 */
export const trainingPhases = [
  'idle', 'preparing', 'running', 'pausing', 'paused', 'stopping', 'finished',
] as const; // prettier-ignore
export type TrainingPhase = (typeof trainingPhases)[number];

/** The training that runs or has just ended: all of it but its curve and its checkpoints, see `readTraining`. */
export interface TrainingState {
  readonly phase: TrainingPhase;
  readonly training: string | null;
  readonly name: string;
  readonly recipe: RecipeName | null;
  readonly choices: TrainingChoices | null;
  readonly places: readonly TrainingPlace[];
  /** As they were counted when it began; null until then. */
  readonly pictures: Pick<TrainingBegun, 'training' | 'validation' | 'leftOut'> | null;
  readonly step: number;
  /** In all; an estimate while the length is given in minutes, null until there is one. */
  readonly steps: number | null;
  /** Share that is done, by steps or by the clock. */
  readonly fraction: number;
  /** Pauses do not count. */
  readonly secondsSoFar: number;
  readonly secondsLeft: number | null;
  readonly stepsPerSecond: number | null;
  readonly loss: number | null;
  readonly latest: TrainingValidation | null;
  readonly best: TrainingValidation | null;
  readonly verdict: TrainingVerdict;
  readonly pins: readonly TrainingPin[];
  /** The checkpoint that the person chose to be the model; null: the best. */
  readonly kept: number | null;
  readonly pausedBy: Failure | null;
  /** What goes wrong and has not stopped it, such as a checkpoint that could not be written. */
  readonly trouble: Failure | null;
  /** Null until it has ended. */
  readonly result: TrainingResult | null;
}

/** Before the first training. */
export const idleTraining: TrainingState = {
  phase: 'idle',
  training: null,
  name: '',
  recipe: null,
  choices: null,
  places: [],
  pictures: null,
  step: 0,
  steps: null,
  fraction: 0,
  secondsSoFar: 0,
  secondsLeft: null,
  stepsPerSecond: null,
  loss: null,
  latest: null,
  best: null,
  verdict: { code: 'not-yet-known' },
  pins: [],
  kept: null,
  pausedBy: null,
  trouble: null,
  result: null,
};

/** What grows while a training runs. */
export interface TrainingDetails {
  readonly curve: TrainingCurve;
  readonly checkpoints: readonly TrainingCheckpoint[];
}

/** A training that has ended, as it was then. */
export interface FinishedTraining extends TrainingState {
  readonly training: string;
  /** ISO 8601. */
  readonly finished: string;
}

/** A training that a crash, a pause or the end of the app left open. */
export interface UnfinishedTraining {
  readonly training: string;
  readonly name: string;
  readonly started: string;
  readonly step: number;
  readonly steps: number | null;
  readonly fraction: number;
}

/** A picture of a training as pixels (PNG, 8 bit). */
export type TrainingImage =
  /** A picture of a survey, at most 320 pixels wide and high. */
  | { readonly of: 'sample'; readonly picture: string; readonly layer: 'noisy' | 'clean' }
  /** A pinned piece: as it is (with noise added where the pictures are clean), its clean original, or cleaned with a checkpoint. */
  | {
      readonly of: 'preview';
      readonly training: string;
      readonly pin: string;
      readonly layer: 'noisy' | 'clean' | { readonly step: number };
    };

/** Its address below the window's own; every host answers `GET` there. */
export function trainingImagePath(image: TrainingImage): string {
  const layer = typeof image.layer === 'string' ? image.layer : `step-${image.layer.step}`;
  const parts = image.of === 'sample' ? [image.picture] : [image.training, image.pin];
  return ['training', image.of, ...parts, layer].map(encodeURIComponent).join('/');
}
