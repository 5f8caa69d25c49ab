import { z } from 'zod';
import type { Failure } from '../../contract/errors.ts';
import { storedFailureOf } from '../../contract/stored-said.ts';
import type { TrainingBegun, TrainingConfig, TrainingVerdict, Validation } from '../../contract/train.ts';
import { readJournal } from '../../storage/journal.ts';

/** A line of a training's journal. */
export type TrainingLine =
  | { readonly type: 'begun'; readonly begun: TrainingBegun }
  | {
      readonly type: 'progress';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly seconds: number;
      readonly verdict: TrainingVerdict;
    }
  | { readonly type: 'validation'; readonly validation: Validation }
  | { readonly type: 'shown'; readonly step: number; readonly seconds: number }
  | { readonly type: 'trouble'; readonly failure: Failure | null }
  /** Taken up again at a step: what came after it happens anew. */
  | { readonly type: 'resumed'; readonly step: number; readonly validations: readonly Validation[] };

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** All there is to tell of a training so far. */
export interface TrainingHistory {
  readonly begun: TrainingBegun | null;
  readonly step: number;
  /** An estimate while the length is given in minutes; null before the first. */
  readonly steps: number | null;
  readonly seconds: number;
  /** Evenly thinned out. */
  readonly losses: readonly LossPoint[];
  readonly validations: readonly Validation[];
  /** Seconds trained at each checkpoint that could be looked at. */
  readonly shown: readonly { readonly step: number; readonly seconds: number }[];
  readonly verdict: TrainingVerdict;
  /** What went wrong last and did not stop it. */
  readonly trouble: Failure | null;
}

export const noHistory: TrainingHistory = {
  begun: null,
  step: 0,
  steps: null,
  seconds: 0,
  losses: [],
  validations: [],
  shown: [],
  verdict: { code: 'not-yet-known' },
  trouble: null,
};

/** More points of a curve than a plot has room for. */
const MOST_POINTS = 1000;

/** The history with one more line. */
export function withLine(history: TrainingHistory, line: TrainingLine): TrainingHistory {
  switch (line.type) {
    case 'begun':
      return { ...history, begun: line.begun };
    case 'progress': {
      const { step, steps, loss, seconds, verdict } = line;
      return { ...history, step, steps, seconds, verdict, losses: thin([...history.losses, { step, loss }]) };
    }
    case 'validation':
      return {
        ...history,
        validations: [...before(history.validations, line.validation.step), line.validation],
      };
    case 'shown':
      return { ...history, shown: [...history.shown, { step: line.step, seconds: line.seconds }] };
    case 'trouble':
      return { ...history, trouble: line.failure };
    case 'resumed': {
      const until = <T extends { step: number }>(list: readonly T[]) =>
        list.filter(({ step }) => step <= line.step);
      const { losses, shown } = history;
      const { step } = line;
      const validations = merged(line.validations, until(history.validations));
      return { ...history, step, losses: until(losses), validations, shown: until(shown), trouble: null };
    }
  }
}

/**
 * What was judged because the training was stopped has no part in the undisturbed one, which goes on without it; but it
 * was found, and is of a checkpoint that is still there.
 */
function merged(curve: readonly Validation[], told: readonly Validation[]): readonly Validation[] {
  const steps = new Set(curve.map(({ step }) => step));
  return [...curve, ...told.filter(({ step }) => !steps.has(step))].sort((a, b) => a.step - b.step);
}

/** A training that was killed before its first checkpoint begins anew, and what it finds takes the place of what it found. */
const before = (validations: readonly Validation[], step: number): readonly Validation[] =>
  validations.filter((one) => one.step < step);

/** Half of the points where they are too many: every second one. */
function thin(points: readonly LossPoint[]): readonly LossPoint[] {
  return points.length <= MOST_POINTS ? points : points.filter((_, i) => i % 2 === 0);
}

/** JSON has no word for what is no number; as a loss it is how a training goes wrong. */
const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
const count = z.int().min(0);
const validation = z.object({
  step: count,
  psnr: figure,
  ssim: figure.optional(),
  noisyPsnr: figure,
  noisySsim: figure.optional(),
  blurPsnr: figure.optional(),
  blurSsim: figure.optional(),
  startPsnr: figure.optional(),
  startSsim: figure.optional(),
  best: z.boolean(),
  loss: figure.optional(),
});
const pinned = z.object({
  file: z.string(),
  name: z.string(),
  page: count,
  validation: z.boolean(),
  width: count,
  height: count,
  hasClean: z.boolean(),
});
const verdict = z.discriminatedUnion('code', [
  z.object({ code: z.enum(['not-yet-known', 'learning']) }),
  z.object({ code: z.literal('stopped-improving'), since: count }),
  z.object({ code: z.literal('gone-wrong'), since: count, why: z.enum(['diverged', 'worse']) }),
]);

const trainingLine: z.ZodType<TrainingLine> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('begun'),
    // Journals of before counted those that were left out too.
    begun: z.object({
      training: count,
      validation: count,
      leftOut: count.default(0),
      pinned: z.array(pinned),
    }),
  }),
  z.object({
    type: z.literal('progress'),
    step: count,
    steps: count,
    loss: figure,
    seconds: z.number(),
    verdict,
  }),
  z.object({ type: z.literal('validation'), validation }),
  z.object({ type: z.literal('shown'), step: count, seconds: z.number() }),
  z.object({ type: z.literal('trouble'), failure: storedFailureOf.nullable() }),
  z.object({ type: z.literal('resumed'), step: count, validations: z.array(validation) }),
]);

/** What a journal tells. Lines that make no sense, and those of a version that is not this one, are passed over. */
export async function readHistory(journal: string): Promise<TrainingHistory> {
  const { records } = await readJournal(journal);
  return records.reduce<TrainingHistory>((history, record) => {
    const line = trainingLine.safeParse(record);
    return line.success ? withLine(history, line.data) : history;
  }, noHistory);
}

/** Share that is done, by steps or by the clock. */
export function fractionOf({ length }: TrainingConfig, { step, seconds }: TrainingHistory): number {
  return Math.min(1, 'steps' in length ? step / length.steps : seconds / (60 * length.minutes));
}
