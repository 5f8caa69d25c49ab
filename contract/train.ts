import { z } from 'zod';
import type { Failure, Said } from './errors.ts';
import type { Details, Phrase } from './texts/fill-in.ts';
import { networkConfig } from './network.ts';
import { penalties } from './penalties.ts';
import { isNoiseRange, noiseKinds, noiseRangeText, type NoiseRange } from './noise.ts';

const noiseRange = z
  .strictObject({ kind: z.enum(noiseKinds), low: z.number(), high: z.number() })
  .refine(isNoiseRange, { error: ({ input }) => expectedRange(input) });

const expectedRange = (input: unknown): string => `expected ${noiseRangeText((input as NoiseRange).kind)}`;

/** Which part of a file's path its partner shares, as `*`: `noisy/*` (a subfolder), `*_noisy` or `noisy_*` (the name). */
const pairPattern = z
  .string()
  .max(200)
  .regex(/^(?:[^*/\\]+\/)?[^*/\\]*\*[^*/\\]*$/, { error: 'expected a pattern such as noisy/* or *_noisy' });

/**
 * What the pictures are: clean ones, to which noise is added; pairs of a noisy and a clean one of the same scene (or two
 * noisy ones: Noise2Noise); or noisy ones alone (blind-spot training).
 */
export const trainingPictures = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('clean') }),
  z.strictObject({
    kind: z.literal('pairs'),
    noisy: pairPattern.default('noisy/*'),
    clean: pairPattern.default('clean/*'),
  }),
  z.strictObject({ kind: z.literal('noisy') }),
]);
export type TrainingPictures = z.infer<typeof trainingPictures>;

/**
 * What a training can minimise: absolute error is sharper and calmer, squared error is what PSNR measures, Charbonnier
 * is the absolute error made smooth, cross-entropy is for pictures that are nearly black and white.
 */
export const lossNames = [
  'mean-absolute-error',
  'mean-squared-error',
  'charbonnier',
  'binary-cross-entropy',
] as const;
export type LossName = (typeof lossNames)[number];

/** What the last tenth minimises after an absolute or Charbonnier loss. */
export const endLossNames = ['mean-squared-error', 'same'] as const;
export type EndLoss = (typeof endLossNames)[number];

/** How patches are varied: mirrored and turned by quarters, mirrored alone (up and down differ), or not at all. */
export const augmentations = ['flips-and-turns', 'flips', 'none'] as const;
export type Augmentation = (typeof augmentations)[number];

/** How the learning rate goes after the warm-up: down to nearly nothing along half a cosine, or it stays. */
export const scheduleNames = ['cosine', 'constant'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** Every choice of one training. What is not given has the default of a person who does not know. */
export const trainingConfig = z.strictObject({
  /** Absolute paths of folders (searched in depth) and files of pictures. */
  folders: z.array(z.string().min(1)).min(1),
  /** Name of the model to be, as a person writes it. */
  name: z.string().min(1).max(100),
  network: networkConfig,
  /** Id of the model whose weights are the start; null starts from nothing. */
  from: z.string().min(1).nullable().default(null),
  pictures: trainingPictures.default({ kind: 'clean' }),
  /** Added to clean pictures, in this order; noisy pictures have their own. */
  noise: z
    .array(noiseRange)
    .min(1)
    .default([{ kind: 'gaussian', low: 0, high: 0.22 }]),
  /** Share of the patches whose noise is clipped to [0, 1] and rounded to 8 bit, as files are. */
  clippedShare: z.number().min(0).max(1).default(0.5),
  /** Share of the patches of a colour network that are grey, with the same noise in all three channels. */
  greyShare: z.number().min(0).max(1).default(0.15),
  /** Share of the patches that are told a slightly wrong noise factor. */
  wrongFactorShare: z.number().min(0).max(1).default(0.1),
  /** How long: exactly one of the two. The schedule ends with it. */
  length: z.union([
    z.strictObject({ steps: z.int().min(1) }),
    z.strictObject({ minutes: z.number().positive() }),
  ]),
  batch: z.int().min(1).max(1024).default(16),
  /** Side of the square training patches in pixels. */
  patch: z.int().min(8).max(1024).default(64),
  augmentation: z.enum(augmentations).default('flips-and-turns'),
  /** Peak of the learning rate (Adam); reached over `warmUpSteps`, then as `schedule` says. */
  learningRate: z.number().positive().max(1e9).default(1e-3),
  schedule: z.enum(scheduleNames).default('cosine'),
  warmUpSteps: z.int().min(0).default(200),
  loss: z.enum(lossNames).default('mean-absolute-error'),
  endLoss: z.enum(endLossNames).default('mean-squared-error'),
  /** What is minimised beside the loss. */
  penalties: penalties.default([]),
  /** Global norm to which gradients are clipped. */
  gradientNorm: z.number().positive().default(0.5),
  /** Decay of the averaged weights, per step. */
  averaging: z.number().min(0).max(0.99999).default(0.999),
  /** Share of the pictures, not patches, that are kept for validation. */
  validationShare: z.number().min(0).max(0.5).default(0.1),
  /** Steps between validations. */
  validateEvery: z.int().min(1).default(500),
  seed: z.int().min(0).max(0xffffffff).default(0),
  /** Threads of the network; 0 means all cores. */
  threads: z.int().min(0).max(256).default(0),
  /** Bytes of decoded pictures that are kept in memory. */
  cache: z
    .int()
    .min(0)
    .default(1 << 30),
});
export type TrainingConfig = z.infer<typeof trainingConfig>;

/** Less of a gain, in dB, is none. */
export const leastGain = 0.02;

/**
 * What validation found, as means over pictures and noise factors: PSNR in dB and SSIM of the answers, of the noisy
 * pictures as they are, of a Gaussian blur (for each picture the best of a few widths), and of the model the training
 * started from, where it started from one: what is to be beaten. SSIM is missing where only hidden pixels count, and, like
 * blur and start, in what was written before it was measured.
 */
export interface Validation {
  readonly step: number;
  readonly psnr: number;
  readonly ssim?: number | undefined;
  readonly noisyPsnr: number;
  readonly noisySsim?: number | undefined;
  readonly blurPsnr?: number | undefined;
  readonly blurSsim?: number | undefined;
  readonly startPsnr?: number | undefined;
  readonly startSsim?: number | undefined;
  readonly best: boolean;
  /** Mean loss of the steps since the validation before. */
  readonly loss?: number | undefined;
}

/** A checkpoint that was written, or why it could not be: training goes on, and an earlier one is still there. */
export interface CheckpointReport {
  readonly step: number;
  readonly failure: Failure | null;
}

/** A checkpoint that was torn or altered, so that the one before it was taken. */
export interface BrokenCheckpoint {
  readonly folder: string;
  readonly reason: string;
}

/**
 * What there is to say about a training in one sentence. `since`: the step from which on it holds; for `gone-wrong`
 * `why` tells `diverged` (the loss is no number, or what was reached is lost) from `worse` (further from the reference
 * than the noisy pictures, and not coming nearer).
 */
export type TrainingVerdict =
  | { readonly code: 'not-yet-known' }
  | { readonly code: 'learning' }
  | { readonly code: 'stopped-improving'; readonly since: number }
  | { readonly code: 'gone-wrong'; readonly since: number; readonly why: 'diverged' | 'worse' };

/** The pinned pictures cleaned with the weights of a checkpoint, kept beside those weights; or why not. */
export interface SnapshotReport {
  readonly step: number;
  readonly failure: Failure | null;
}

/** A picture that is shown before and after at each checkpoint: a piece of it, always the same. */
export interface PinnedPicture {
  readonly file: string;
  /** Path below the folder that was asked for. */
  readonly name: string;
  /** Of a stack; else 0. */
  readonly page: number;
  /** Whether it is not trained on. */
  readonly validation: boolean;
  /** Of the piece, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether its clean original is known. */
  readonly hasClean: boolean;
}

/** Where a training was taken up again. */
export interface Resumption {
  readonly step: number;
  /** Validations so far: the curve up to here. */
  readonly validations: readonly Validation[];
  readonly broken: readonly BrokenCheckpoint[];
  /** Pictures that are not what they were when the training began; they are used as they are now. */
  readonly changed: readonly string[];
}

/** How many times longer a step takes on WebAssembly than on native TensorFlow, measured: docs/experiments.md. */
export const wasmTimes = 10;

/** What a training runs on. Native TensorFlow is wanted; `instead`: why it could not be, and `times` how much slower it is. */
export type TrainingBackend =
  | { readonly name: 'tensorflow' }
  | { readonly name: 'wasm'; readonly instead: Phrase; readonly times: number };

/** What is known once the pictures were found and divided: how many there are, and which are shown. */
export interface TrainingBegun {
  /** Without those that could not be used. */
  readonly training: number;
  readonly validation: number;
  /** How many that were by then. */
  readonly leftOut: number;
  readonly pinned: readonly PinnedPicture[];
}

export interface TrainingProgress {
  readonly step: number;
  /** Steps in all; an estimate while the length is given in minutes. */
  readonly steps: number;
  /** Mean loss since the last progress. */
  readonly loss: number;
  readonly learningRate: number;
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
  readonly validation: Validation | null;
  readonly backend?: TrainingBackend;
  /** In the first progress of a training that starts from a model: what validation found of that, as step 0. */
  readonly start?: Validation | null;
  /** The checkpoint that was due since the last progress. */
  readonly checkpoint?: CheckpointReport | null;
  readonly snapshot?: SnapshotReport | null;
  readonly verdict: TrainingVerdict;
  /** Time trained so far; pauses do not count. */
  readonly secondsSoFar: number;
  /** In the first progress of a training that was taken up again. */
  readonly resumed?: Resumption | null;
}

/** A picture, and what there is to say about it. */
export interface ToldPicture {
  readonly file: string;
  readonly reason: Said;
}

export interface TrainingOutcome {
  readonly model: string;
  readonly folder: string;
  readonly steps: number;
  readonly seconds: number;
  readonly pictures: number;
  /** Pictures that could not be used, each with its reason. */
  readonly leftOut: readonly ToldPicture[];
  readonly stopped: boolean;
  /** What ended it early, such as a loss that is no number; the best from before is kept. */
  readonly endedBy: Failure | null;
  /** Of the model, which is the best. */
  readonly validation: Validation | null;
  /** The last weights, where they are not the best: a model of their own, in a folder in the model's. */
  readonly last: { readonly folder: string; readonly step: number; readonly psnr: number | null } | null;
}

/** What may be wrong with the pictures of a training; what to do about each stands in the texts. */
export const surveyCodes = [
  /** No picture, or pair, that can be used. */
  'nothing',
  /** Fewer pictures than a network learns from without learning them by heart. Details: count, wanted. */
  'too-few',
  /** Smaller than a patch. Details: count, side. */
  'too-small',
  /** Nothing but one tone. Details: count. */
  'too-flat',
  /** Deep pictures that use but a small part of their range, for a few pixels’ sake. Details: count, most (per cent). */
  'narrow-range',
  /** Pictures of 8 and of 16 bit or float together. Details: depths. */
  'mixed-depths',
  /** Grey and colour together. Details: grey, colour. */
  'mixed-colour',
  /** "Clean" pictures that are noisy. Details: count, noiseFactor (their median). */
  'clean-is-noisy',
  /** Nothing to learn from: "noisy" pictures that are clean. Details: count. */
  'noisy-is-clean',
  /** Pictures much like one that validation looks at. Details: count. */
  'near-duplicates',
  /** Pictures that cannot be read. Details: count. */
  'unreadable',
  /** Pictures without a partner. Details: count. */
  'pair-incomplete',
  /** Partners of different sizes. Details: count. */
  'pair-mismatched',
  /** None of the pictures is kept for validation: nothing tells whether it learns. */
  'no-validation',
] as const;
export type SurveyCode = (typeof surveyCodes)[number];

export interface SurveyFinding {
  readonly code: SurveyCode;
  /** `stop`: training is refused or pointless; `warn`: it goes, but not well; `note`: good to know. */
  readonly weight: 'stop' | 'warn' | 'note';
  readonly details: Details;
  /** The pictures it is about, at most 50, each with what is particular. */
  readonly files: readonly ToldPicture[];
}

/** One of the pictures that a survey could read. */
export interface SurveySample {
  readonly file: string;
  /** Path below the folder that was asked for. */
  readonly name: string;
  readonly page: number;
  /** Its partner in a pair. */
  readonly clean: string | null;
  readonly validation: boolean;
}

/** A folder of training pictures, looked at before the training. */
export interface TrainingSurvey {
  /** Pages of stacks each count. Of pairs, the pairs. Without those that were looked at and can't be used. */
  readonly pictures: number;
  readonly files: number;
  /** How many of the pictures were decoded: of many, a sample. */
  readonly looked: number;
  readonly training: number;
  readonly validation: number;
  /** Shorter sides in pixels. */
  readonly sides: { readonly smallest: number; readonly median: number; readonly largest: number } | null;
  /** Pictures looked at, by bits a sample. */
  readonly depths: Readonly<Record<string, number>>;
  readonly grey: number;
  readonly colour: number;
  /** Median of the measured noise factors; null where none could be looked at. */
  readonly noiseFactor: number | null;
  /** The first pairs as they were matched. */
  readonly pairs: readonly { readonly noisy: string; readonly clean: string }[];
  /** The layout in which most pictures would find a partner; null where none would, or pairs were not asked for. */
  readonly suggestedPairs: { readonly noisy: string; readonly clean: string } | null;
  readonly findings: readonly SurveyFinding[];
  /** At most 48 of those that can be read, those of the validation first. */
  readonly samples: readonly SurveySample[];
}
