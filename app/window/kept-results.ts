import { isInside } from '../inputs/walk.ts';
import { oldFolders } from './old-folders.ts';
import type { Trash } from './undo.ts';

/** So long results that lie with the app can be downloaded; the window says so (`place-kept-note`). */
export const resultsKeptDays = 30;

/**
 * Moves results to the trash that have lain with the app for long: whoever wanted them has them. Those of a batch that
 * can be gone on with stay.
 * @param folder of all results, one folder in it for each batch
 */
export async function tidyResults(
  folder: string,
  unfinished: readonly string[],
  trash: Trash,
): Promise<void> {
  for (const old of await oldFolders(folder, resultsKeptDays)) {
    if (unfinished.some((path) => path === old || isInside(path, old))) continue;
    await trash(old).catch(() => {});
  }
}
