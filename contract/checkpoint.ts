import { z } from 'zod';
import { seenPictures } from './familiar.ts';
import { storedSaid } from './stored-said.ts';
import { trainingConfig } from './train.ts';

/** What seals a folder: its files with their sizes and sums. */
export const sealedFolder = z.strictObject({
  version: z.literal(1),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string() })),
});

const count = z.int().min(0);
const validation = z.strictObject({
  step: count,
  psnr: z.number(),
  ssim: z.number().optional(),
  noisyPsnr: z.number(),
  noisySsim: z.number().optional(),
  blurPsnr: z.number().optional(),
  blurSsim: z.number().optional(),
  startPsnr: z.number().optional(),
  startSsim: z.number().optional(),
  best: z.boolean(),
  loss: z.number().optional(),
});

/**
 * All that decides how a training goes on, but for what it has learnt. Random numbers need no state of their own: each
 * batch's follow from the seed and its step.
 */
export const trainingRecord = z.strictObject({
  config: trainingConfig,
  /** Time used, which is the clock of a training by minutes. */
  seconds: z.number().min(0),
  /** Training pictures and those kept for validation, in their order. */
  pictures: z.array(
    z.strictObject({
      source: count,
      name: z.string(),
      page: count,
      pages: count,
      bytes: count,
      modifiedMs: z.number(),
    }),
  ),
  /** Which pictures are in memory, and how far the order is taken. */
  pool: z.strictObject({
    taken: count,
    batches: count,
    full: z.boolean(),
    residents: z.array(count),
    pending: count.nullable(),
  }),
  /** What the pictures were like so far, see `familiar.ts`; not in checkpoints of earlier versions. */
  seen: seenPictures.optional(),
  /**
   * What could not be used so far: folders and names that could not be read, and pictures by their position; not in
   * checkpoints of earlier versions.
   */
  leftOut: z
    .strictObject({
      places: z.array(z.strictObject({ file: z.string(), reason: storedSaid })),
      pictures: z.array(z.strictObject({ picture: count, reason: storedSaid })),
    })
    .optional(),
  best: z.strictObject({ found: validation.nullable(), saved: z.boolean(), owed: z.boolean() }),
  /** Every validation so far, and the losses since the last one: the curve. */
  curve: z.strictObject({ validations: z.array(validation), lossSum: z.number(), lossSteps: count }),
});
export type TrainingRecord = z.infer<typeof trainingRecord>;
export type LeftOutSoFar = NonNullable<TrainingRecord['leftOut']>;

/** Tensors of a checkpoint: weights, their running mean, and the two moments of the optimizer. */
export const tensorGroups = ['weights', 'averaged', 'first', 'second'] as const;
/** A checkpoint but for the values of its tensors, which lie beside it in this order. */
export const checkpointState = z.strictObject({
  version: z.literal(1),
  record: trainingRecord,
  learner: z.strictObject({ step: count, typicalError: z.number().nullable(), adamSteps: count }),
  tensors: z.array(
    z.strictObject({ group: z.enum(tensorGroups), name: z.string(), shape: z.array(z.int().min(1)) }),
  ),
});
