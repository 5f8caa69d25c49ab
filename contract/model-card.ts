import { z } from 'zod';
import { familiarPictures } from './familiar.ts';
import { networkConfig } from './network.ts';
import { lossNames } from './train.ts';

const text = z.string().max(20_000);
/** A window shows them as a table of sets by noise factors. */
const mostMeasurements = 100;
/** Of a training with more of them the last one stands for the rest. */
export const mostSources = 1000;

/** One measurement of a model on a set of pictures, by `unspeckle evaluate`. PSNR in dB on the 8-bit scale. */
export const measurement = z.object({
  set: text,
  pictures: z.int().min(1),
  noiseFactor: z.number().min(0).max(1),
  clipped: z.boolean(),
  psnr: z.number(),
  ssim: z.number(),
  noisyPsnr: z.number(),
  noisySsim: z.number(),
});

/** Where training pictures came from, with their licence, for credit. */
export const pictureSource = z.object({ name: text, pictures: z.int().min(0), licence: text });

/** `card.json`: what a model is, what it was trained on, and how well it does. */
export const modelCard = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  name: text,
  purpose: text,
  network: networkConfig,
  noise: z.object({
    /** The noise it was trained on, in the noise grammar. */
    trained: text,
    /** Share of the training patches whose noise was clipped to [0, 1] and rounded to 8 bit. */
    clippedShare: z.number().min(0).max(1),
    /** The largest noise factor it may be told. */
    largest: z.number().min(0).max(1),
  }),
  training: z.object({
    sources: z.array(pictureSource).max(mostSources),
    pictures: z.int().min(0),
    /** Clean pictures with noise added, pairs, or noisy pictures alone. */
    kind: z.enum(['clean', 'pairs', 'noisy']).optional(),
    /** Steps and minutes of this training; `startedFrom` says what came before. */
    steps: z.int().min(0),
    minutes: z.number().min(0),
    seed: z.int(),
    batch: z.int().min(0),
    patch: z.int().min(0),
    threads: z.int().min(0),
    machine: text,
    finished: text,
    startedFrom: text.nullable(),
    /** Pictures (or pairs) kept for validation, by which the best weights were chosen. */
    validationPictures: z.int().min(0).optional(),
    loss: z.enum(lossNames).optional(),
    learningRate: z.number().positive().optional(),
    /** Means over the validation pictures: before (noisy), by a plain blur, by the model it started from, and after. */
    validation: z
      .object({
        noisyPsnr: z.number(),
        psnr: z.number(),
        noisySsim: z.number().optional(),
        ssim: z.number().optional(),
        blurPsnr: z.number().optional(),
        blurSsim: z.number().optional(),
        startPsnr: z.number().optional(),
        startSsim: z.number().optional(),
      })
      .nullable(),
  }),
  /** What its pictures were like: others it may not do well on. Not in cards of earlier versions. */
  familiar: familiarPictures.optional(),
  metrics: z.array(measurement).max(mostMeasurements),
  licence: text,
  credits: text,
  appVersion: text,
  /** SHA-256 of `weights.bin`, hexadecimal. */
  weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type ModelCard = z.infer<typeof modelCard>;
export type Measurement = z.infer<typeof measurement>;
export type PictureSource = z.infer<typeof pictureSource>;

/** A model as lists show it. */
export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly bundled: boolean;
  readonly isDefault: boolean;
  readonly folder: string;
  readonly bytes: number;
  readonly card: ModelCard;
  /** In the answer to an import: whether it made a noisy test picture better. */
  readonly reducesNoise?: boolean;
}

/** Names of devices, which Windows takes for those wherever they lie and whatever comes behind them. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** A slug for a person's name of a model: lower case, digits and hyphens; empty when nothing is left. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return device.test(slug) ? `${slug}-model` : slug;
}
