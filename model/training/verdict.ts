import type { TrainingVerdict, Validation } from '../../contract/train.ts';

/** Less of a gain, in dB, is none. */
const GAIN = 0.02;
/** An answer that falls back by so many dB has lost what was reached; it may dip once. */
const LOST = 1.5;
/** So many validations, or a quarter of all where that is more, without a gain mean that it has stopped. */
const STILL = 3;
/** So many after the start are needed to call answers that are worse than the noisy pictures a failure. */
const PATIENCE = 4;

type Point = Pick<Validation, 'step' | 'psnr' | 'noisyPsnr'>;

/**
 * Whether a training is learning, has stopped improving, or has gone wrong, by its validations in their order. That at
 * step 0, where there is one, is of the model it began with.
 */
export function verdictOf(validations: readonly Point[]): TrainingVerdict {
  const last = validations.at(-1);
  if (!last) return { code: 'not-yet-known' };
  return diverged(validations) ?? worse(validations) ?? stopped(validations) ?? rising(validations);
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

function worse(validations: readonly Point[]): TrainingVerdict | null {
  const trained = validations.filter(({ step }) => step > 0);
  const last = trained.at(-1);
  if (!last || trained.length < PATIENCE || last.psnr > last.noisyPsnr) return null;
  const since = stillSince(validations);
  return since === null ? null : { code: 'gone-wrong', since, why: 'worse' };
}

function stopped(validations: readonly Point[]): TrainingVerdict | null {
  const since = stillSince(validations);
  return since === null ? null : { code: 'stopped-improving', since };
}

/** Two points at least make a direction. */
function rising(validations: readonly Point[]): TrainingVerdict {
  const [first, last] = [validations[0]!, validations.at(-1)!];
  return { code: last.psnr > first.psnr + GAIN ? 'learning' : 'not-yet-known' };
}

/** The step of the best before the last few, where those have gained nothing on it. */
function stillSince(validations: readonly Point[]): number | null {
  const few = Math.max(STILL, Math.ceil(validations.length / 4));
  const before = best(validations.slice(0, -few));
  const after = best(validations.slice(-few));
  if (!before || !after || after.psnr > before.psnr + GAIN) return null;
  return before.step;
}

function best(validations: readonly Point[]): Point | null {
  let top: Point | null = null;
  for (const point of validations) {
    if (Number.isFinite(point.psnr) && point.psnr > (top?.psnr ?? -Infinity)) top = point;
  }
  return top;
}
