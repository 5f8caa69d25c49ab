import { readJournal } from '../../storage/journal.ts';
import type { Failure } from '../../contract/errors.ts';
import type { TrainingBegun, TrainingConfig, TrainingVerdict, Validation } from '../../contract/train.ts';

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
      const { step, validations } = line;
      return { ...history, step, losses: until(losses), validations, shown: until(shown), trouble: null };
    }
  }
}

/** A training that was killed before its first checkpoint begins anew, and what it finds takes the place of what it found. */
const before = (validations: readonly Validation[], step: number): readonly Validation[] =>
  validations.filter((one) => one.step < step);

/** Half of the points where they are too many: every second one. */
function thin(points: readonly LossPoint[]): readonly LossPoint[] {
  return points.length <= MOST_POINTS ? points : points.filter((_, i) => i % 2 === 0);
}

/** What a journal tells. Lines of a version that is not this one are passed over. */
export async function readHistory(journal: string): Promise<TrainingHistory> {
  const { records } = await readJournal(journal);
  return (records as TrainingLine[]).reduce((history, line) => withLine(history, line) ?? history, noHistory);
}

/** Share that is done, by steps or by the clock. */
export function fractionOf({ length }: TrainingConfig, { step, seconds }: TrainingHistory): number {
  return Math.min(1, 'steps' in length ? step / length.steps : seconds / (60 * length.minutes));
}
