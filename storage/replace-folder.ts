import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { syncFolder } from './sync-folder.ts';
import { systemCode, writeError } from './write-error.ts';

/** Somebody who looks at the place in the middle of a replacement may put the earlier folder back. */
const mostAttempts = 5;

/**
 * Fills a hidden folder beside a place, which then gets the place's name: the folder is whole or absent at any time. An
 * earlier one of that name is replaced, and stays where something goes wrong.
 * @param fill writes and flushes the files
 * @throws AppError `disk-full`, `permission-denied`, `output-folder-unusable`, `output-unwritable`
 */
export async function replaceFolder<T>(folder: string, fill: (part: string) => Promise<T>): Promise<T> {
  const part = beside(folder, 'part');
  try {
    await rm(part, { recursive: true, force: true });
    await makeFolder(part, 0o700);
    const filled = await fill(part);
    await publish(part, folder);
    return filled;
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(error, folder);
  }
}

/**
 * Gets a place ready for `replaceFolder`: makes the folder that will hold it, and puts right what a kill in the middle
 * of an earlier replacement has left there; at worst the earlier folder gets its name back.
 * @throws AppError `permission-denied`, `output-folder-unusable`, `output-unwritable`
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(dirname(folder));
    await rm(beside(folder, 'part'), { recursive: true, force: true });
    await restoreFolder(folder);
    await forgetEarlier(folder);
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** The place that a hidden folder is the earlier state of; null for any other name. */
export function placeOfEarlier(name: string): string | null {
  return /^\.(.+)\.old$/.exec(name)?.[1] ?? null;
}

/** Gives the earlier folder its name back where a replacement was killed before the new one had it. */
export async function restoreFolder(folder: string): Promise<void> {
  if (await isThere(folder)) return;
  await unlessAbsent(rename(beside(folder, 'old'), folder));
}

/** Removes what a replacement that was killed at its very end left of the earlier folder. */
export async function forgetEarlier(folder: string): Promise<void> {
  await rm(beside(folder, 'old'), { recursive: true, force: true });
}

/** A folder can't be renamed over another: the earlier one steps aside first, and comes back where the new one can't. */
async function publish(part: string, folder: string): Promise<void> {
  const old = beside(folder, 'old');
  for (let attempt = 1; ; attempt++) {
    await restoreFolder(folder);
    await forgetEarlier(folder);
    await unlessAbsent(rename(folder, old));
    try {
      await rename(part, folder);
      break;
    } catch (error) {
      await rename(old, folder).catch(() => undefined);
      const putBack = ['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '');
      if (!putBack || attempt === mostAttempts) throw error;
    }
  }
  await syncFolder(dirname(folder));
  await forgetEarlier(folder);
}

async function unlessAbsent(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A hidden name in the same folder, so that a rename stays on one disk. */
function beside(folder: string, ending: string): string {
  return join(dirname(folder), `.${basename(folder)}.${ending}`);
}
