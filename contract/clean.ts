import { z } from 'zod';
import { backendNames } from './backend.ts';
import type { ErrorCode } from './errors.ts';
import { imageFormats, type BitDepth, type ImageFormat } from './image.ts';
import type { Notice } from './notice.ts';
import type { Details } from './texts/fill-in.ts';

/** How pictures are cleaned and written. The same object serves command line, report and window. */
export const cleanSettings = z.strictObject({
  /** A model id, or `default`. */
  model: z.string().min(1).default('default'),
  /** Noise factor told to the network: measured from each picture, or one number for all. */
  noiseFactor: z.union([z.literal('auto'), z.number().min(0).max(1)]).default('auto'),
  /** How much of the network's correction of brightness is applied; 0 returns the input. */
  strength: z.number().min(0).max(1).default(1),
  /** The same for colour (chroma); follows `strength` when absent. */
  colourStrength: z.number().min(0).max(1).optional(),
  format: z.enum(['same', ...imageFormats]).default('same'),
  /** For JPEG, WebP and AVIF. */
  quality: z.int().min(1).max(100).default(95),
  bitDepth: z.union([z.literal('same'), z.literal(8), z.literal(16)]).default('same'),
  /** File name without extension; tokens {name} {ext} {model} {factor} {date} {counter} {parent}. */
  name: z.string().min(1).max(200).default('{name}_denoised'),
  onConflict: z.enum(['rename', 'skip', 'overwrite']).default('rename'),
  metadata: z.enum(['all', 'copyright', 'none']).default('all'),
  /** Read damaged files as far as they go; results are marked. */
  salvage: z.boolean().default(false),
  backend: z.enum(['auto', ...backendNames]).default('auto'),
  /** Threads of the network; 0 means all cores. */
  threads: z.int().min(0).max(256).default(0),
  /** Bound for the engine's memory in bytes; 0 means by what is free. */
  memory: z.int().min(0).default(0),
});
export type CleanSettings = z.infer<typeof cleanSettings>;

/** What may differ from picture to picture. */
export const pictureChoices = cleanSettings.pick({
  model: true,
  noiseFactor: true,
  strength: true,
  colourStrength: true,
});
export type PictureChoices = z.infer<typeof pictureChoices>;

const { shape } = cleanSettings;

/** Some of them: what is not given stays away, where `pictureChoices.partial()` would put its default. */
export const pictureChanges = z.strictObject({
  model: shape.model.unwrap().max(64).optional(),
  noiseFactor: shape.noiseFactor.unwrap().optional(),
  strength: shape.strength.unwrap().optional(),
  colourStrength: shape.colourStrength,
} satisfies Record<keyof PictureChoices, z.ZodType>);
export type PictureChanges = z.infer<typeof pictureChanges>;

/** A batch as it is asked for, and as a report can be run again. */
export const cleanJob = z.strictObject({
  kind: z.literal('clean'),
  /** Absolute paths of files and folders. */
  inputs: z.array(z.string().min(1)).min(1),
  /** Absolute path of the output folder; null writes beside each source. */
  out: z.string().min(1).nullable().default(null),
  settings: cleanSettings,
  /** Choices of single pictures, which go before the settings for all. */
  overrides: z.array(z.strictObject({ source: z.string().min(1), choices: pictureChanges })).optional(),
  /** Folders whose tree is mirrored in the output folder, also where their files are named one by one. */
  roots: z.array(z.string().min(1)).optional(),
  /** Without an output folder: results of sources below `from` go below `to`, not beside them. */
  elsewhere: z.strictObject({ from: z.string().min(1), to: z.string().min(1) }).optional(),
});
export type CleanJob = z.infer<typeof cleanJob>;

/** One picture of a plan: what is read and what will be written. */
export interface PlannedPicture {
  readonly source: string;
  readonly folder: string;
  /** File name without extension, already safe for every file system. */
  readonly stem: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** An input that is not tried, and why. */
export interface SkippedInput {
  readonly source: string;
  readonly code: ErrorCode | 'output-kept' | 'own-output' | 'duplicate' | 'already-done';
  readonly details: Details;
}

export interface CleanPlan {
  readonly pictures: readonly PlannedPicture[];
  readonly skipped: readonly SkippedInput[];
}

/** Seconds spent in each stage of one picture. Stages of different pictures overlap. */
export interface StageSeconds {
  readonly decode: number;
  readonly estimate: number;
  readonly network: number;
  readonly encode: number;
  readonly write: number;
  readonly total: number;
}

/** What came of one picture. */
export interface CleanedPicture {
  readonly source: string;
  /** Path of the finished file. */
  readonly output: string;
  readonly width: number;
  readonly height: number;
  readonly pages: number;
  readonly megapixels: number;
  readonly format: ImageFormat;
  readonly bitDepth: BitDepth;
  readonly model: string;
  readonly backend: string;
  readonly noiseFactor: number;
  readonly noiseFactorSource: 'measured' | 'given';
  /** True when the source's bytes were copied: already clean, or strength 0. */
  readonly unchanged: boolean;
  readonly notices: readonly Notice[];
  readonly seconds: StageSeconds;
  readonly outputBytes: number;
  readonly outputSha256: string;
  readonly sourceSha256: string;
}
