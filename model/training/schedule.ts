import type { ScheduleName } from '../../contract/train.ts';

/** How the learning rate goes: a linear warm-up, then half a cosine down to nearly nothing, or no further change. */
export interface Schedule {
  readonly learningRate: number;
  readonly warmUpSteps: number;
  readonly schedule: ScheduleName;
}

/** Share of the peak that is left at the end of the cosine. */
const FINAL_SHARE = 1e-3;

/**
 * Cosine decay: Loshchilov and Hutter, "SGDR", 2017.
 * @param step counted from 0
 * @param progress 0 at the start of the training, 1 at its end, by steps or by time
 */
export function learningRateAt(
  { learningRate, warmUpSteps, schedule }: Schedule,
  step: number,
  progress: number,
): number {
  const warmUp = Math.min(1, (step + 1) / Math.max(1, warmUpSteps));
  if (schedule === 'constant') return learningRate * warmUp;
  const cosine = (1 + Math.cos(Math.PI * Math.min(progress, 1))) / 2;
  return learningRate * warmUp * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine);
}
