import { z } from 'zod';
import type { Failure } from './errors.ts';
import { networkConfig } from './network.ts';
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
const trainingPictures = z.discriminatedUnion('kind', [
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
  /** Peak of the learning rate (Adam); warmed up over `warmUpSteps`, then falling by cosine to nearly 0. */
  learningRate: z.number().positive().max(1e9).default(1e-3),
  warmUpSteps: z.int().min(0).default(200),
  loss: z.enum(lossNames).default('mean-absolute-error'),
  endLoss: z.enum(endLossNames).default('mean-squared-error'),
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

/** What validation found: PSNR in dB of noisy input and answer, mean over pictures and noise factors. */
export interface Validation {
  readonly step: number;
  readonly psnr: number;
  readonly noisyPsnr: number;
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

/** Where a training was taken up again. */
export interface Resumption {
  readonly step: number;
  /** Validations so far: the curve up to here. */
  readonly validations: readonly Validation[];
  readonly broken: readonly BrokenCheckpoint[];
  /** Pictures that are not what they were when the training began; they are used as they are now. */
  readonly changed: readonly string[];
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
  /** The checkpoint that was due since the last progress. */
  readonly checkpoint?: CheckpointReport | null;
  /** In the first progress of a training that was taken up again. */
  readonly resumed?: Resumption | null;
}

export interface TrainingOutcome {
  readonly model: string;
  readonly folder: string;
  readonly steps: number;
  readonly seconds: number;
  readonly pictures: number;
  /** Pictures that could not be used, each with its reason. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
  readonly stopped: boolean;
  readonly validation: Validation | null;
}
