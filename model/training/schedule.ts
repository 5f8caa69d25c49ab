/** How the learning rate goes: a linear warm-up, then half a cosine down to nearly nothing. */
export interface Schedule {
  readonly learningRate: number;
  readonly warmUpSteps: number;
}

/** Share of the peak that is left at the end. */
const FINAL_SHARE = 1e-3;

/**
 * Cosine decay: Loshchilov and Hutter, "SGDR", 2017.
 * @param step counted from 0
 * @param progress 0 at the start of the training, 1 at its end, by steps or by time
 */
export function learningRateAt(schedule: Schedule, step: number, progress: number): number {
  const cosine = (1 + Math.cos(Math.PI * Math.min(progress, 1))) / 2;
  const warmUp = Math.min(1, (step + 1) / Math.max(1, schedule.warmUpSteps));
  return schedule.learningRate * warmUp * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine);
}
