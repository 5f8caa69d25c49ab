import type { TrainingCurve } from '../../contract/training-view.ts';

export const noCurve: TrainingCurve = { losses: [], validations: [], noisy: null, blur: null, start: null };

/** More points than a plot is wide would only be drawn over each other. */
const mostPoints = 2000;

/** A curve with what has come to it since; points that it has already are left out. */
export function joinedCurve(curve: TrainingCurve, more: TrainingCurve): TrainingCurve {
  return {
    losses: thinned(joined(curve.losses, more.losses)),
    validations: joined(curve.validations, more.validations),
    noisy: more.noisy ?? curve.noisy,
    blur: more.blur ?? curve.blur,
    start: more.start ?? curve.start,
  };
}

function joined<T extends { readonly step: number }>(points: readonly T[], more: readonly T[]): readonly T[] {
  const last = points.at(-1)?.step ?? -1;
  const newer = more.filter(({ step }) => step > last);
  return newer.length === 0 ? points : [...points, ...newer];
}

/** Every other point, but always the last. */
function thinned<T>(points: readonly T[]): readonly T[] {
  return points.length <= mostPoints
    ? points
    : points.filter((_, index) => (points.length - 1 - index) % 2 === 0);
}
