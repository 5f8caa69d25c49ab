/** Spoken time that is left: coarse, because it is an estimate, and so that it does not flicker. */
export type TimeLeft =
  | { readonly unit: 'unknown' | 'moment' }
  | { readonly unit: 'seconds' | 'minutes'; readonly count: number }
  | { readonly unit: 'hours'; readonly count: number; readonly minutes: number };

export function timeLeft(seconds: number | null): TimeLeft {
  if (seconds === null || !Number.isFinite(seconds)) return { unit: 'unknown' };
  if (seconds < 8) return { unit: 'moment' };
  if (seconds < 55) return { unit: 'seconds', count: Math.ceil(seconds / 10) * 10 };
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return { unit: 'minutes', count: minutes };
  // From two hours on, to five minutes.
  const coarse = minutes < 120 ? minutes : Math.round(minutes / 5) * 5;
  return { unit: 'hours', count: Math.floor(coarse / 60), minutes: coarse % 60 };
}
