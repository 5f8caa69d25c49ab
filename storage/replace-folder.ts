import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { syncFolder } from './sync-folder.ts';
import { systemCode, writeError } from './write-error.ts';

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
    await rename(beside(folder, 'old'), folder).catch(() => undefined); // refused while the folder is there
    await rm(beside(folder, 'old'), { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** A folder can't be renamed over another: the earlier one steps aside first. */
async function publish(part: string, folder: string): Promise<void> {
  const old = beside(folder, 'old');
  await rm(old, { recursive: true, force: true });
  await rename(folder, old).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  await rename(part, folder);
  await syncFolder(dirname(folder));
  await rm(old, { recursive: true, force: true });
}

/** A hidden name in the same folder, so that a rename stays on one disk. */
function beside(folder: string, ending: string): string {
  return join(dirname(folder), `.${basename(folder)}.${ending}`);
}
