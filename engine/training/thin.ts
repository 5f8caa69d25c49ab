/**
 * At most so many of a rising list of steps: those that are needed, and of the others those that leave the widest gaps
 * small. One after the other goes whose neighbours are nearest to each other, so that what is left is spread evenly; the
 * first stays.
 */
export function thinned(steps: readonly number[], needed: ReadonlySet<number>, most: number): number[] {
  const left = [...steps];
  while (left.length > most) {
    let narrowest = -1;
    for (let i = 1; i < left.length; i++) {
      if (needed.has(left[i]!)) continue;
      if (narrowest < 0 || gapAround(left, i) < gapAround(left, narrowest)) narrowest = i;
    }
    if (narrowest < 0) return left;
    left.splice(narrowest, 1);
  }
  return left;
}

const gapAround = (steps: readonly number[], at: number): number =>
  (steps[at + 1] ?? Infinity) - steps[at - 1]!;
