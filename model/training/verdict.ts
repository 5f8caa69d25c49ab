import { leastGain, type TrainingVerdict, type Validation } from '../../contract/train.ts';

/** An answer that falls back by so many dB has lost what was reached; it may dip once. */
const LOST = 1.5;
/** What no longer improves is waited for so long: so many validations, and this share of all planned steps. */
const STILL = { validations: 10, share: 0.15 };
/** So long for what is worse than the noisy pictures, and therefore no good to anyone. */
const WORSE = { validations: 4, share: 0.15 };

type Point = Pick<Validation, 'step' | 'psnr' | 'noisyPsnr'>;
type Patience = typeof STILL;

/**
 * Whether a training is learning, has stopped improving, or has gone wrong, by its validations in their order. That at
 * step 0, where there is one, is of the model it began with.
 * @param steps all that are planned: a long training is waited for longer
 */
export function verdictOf(validations: readonly Point[], steps: number): TrainingVerdict {
  const last = validations.at(-1);
  if (!last) return { code: 'not-yet-known' };
  return (
    diverged(validations) ?? worse(validations, steps) ?? stopped(validations, steps) ?? rising(validations)
  );
}

function diverged(validations: readonly Point[]): TrainingVerdict | null {
  const top = best(validations);
  const fallen = (point: Point | undefined) =>
    point !== undefined && !(point.psnr >= (top?.psnr ?? -Infinity) - LOST);
  const [before, last] = [validations.at(-2), validations.at(-1)!];
  const lost = !Number.isFinite(last.psnr) || (fallen(last) && fallen(before));
  if (!lost) return null;
  const since = validations.find(({ step }) => step > (top?.step ?? -1)) ?? last;
  return { code: 'gone-wrong', since: since.step, why: 'diverged' };
}

function worse(validations: readonly Point[], steps: number): TrainingVerdict | null {
  const last = validations.at(-1)!;
  if (last.psnr > last.noisyPsnr) return null;
  const since = stillSince(validations, steps, WORSE);
  return since === null ? null : { code: 'gone-wrong', since, why: 'worse' };
}

function stopped(validations: readonly Point[], steps: number): TrainingVerdict | null {
  const since = stillSince(validations, steps, STILL);
  return since === null ? null : { code: 'stopped-improving', since };
}

/** Two points at least make a direction. */
function rising(validations: readonly Point[]): TrainingVerdict {
  const [first, last] = [validations[0]!, validations.at(-1)!];
  return { code: last.psnr > first.psnr + leastGain ? 'learning' : 'not-yet-known' };
}

/** The step of the best before the last few, where those have gained nothing on it but what comes and goes by itself. */
function stillSince(validations: readonly Point[], steps: number, patience: Patience): number | null {
  const end = validations.at(-1)!.step;
  const recent = validations.filter(({ step }) => step > end - patience.share * steps).length;
  const few = Math.max(patience.validations, recent);
  const [before, after] = [best(validations.slice(0, -few)), best(validations.slice(-few))];
  if (!before || !after) return null;
  return after.psnr > before.psnr + Math.max(leastGain, wobble(validations.slice(-few))) ? null : before.step;
}

/**
 * Standard deviation of the validations around their trend, from the differences of neighbours (von Neumann, 1941): a
 * steady rise is none of it.
 */
function wobble(validations: readonly Point[]): number {
  const differences = validations.slice(1).map(({ psnr }, i) => psnr - validations[i]!.psnr);
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / differences.length / 2);
}

function best(validations: readonly Point[]): Point | null {
  let top: Point | null = null;
  for (const point of validations) {
    if (Number.isFinite(point.psnr) && point.psnr > (top?.psnr ?? -Infinity)) top = point;
  }
  return top;
}
