/** The folder in which a training keeps its pinned pictures and the checkpoints that can be looked at. */

/** Checkpoints that are kept to be looked at; and bytes of weights, beyond which only their pictures are. */
export const mostSnapshots = 30;
export const mostWeightBytes = 256 * 2 ** 20;

/** `noisy-N.png`, `clean-N.png` where there is one, and `pinned.json`. */
export const pinnedFolder = 'pinned';

/** A model's files, `after-N.png` for each pinned picture, and `before-after.png` with all of them. */
export const snapshotFolder = (step: number): string => `step-${String(step).padStart(9, '0')}`;

/** Holds the step of the checkpoint that a person chose, which is then not let go: `{ "step": 500 }`. */
export const keptFile = 'kept.json';

/** The step of such a folder's name; null for any other name. */
export function snapshotStep(name: string): number | null {
  const match = /^step-(\d{9,12})$/.exec(name);
  return match ? Number(match[1]) : null;
}
