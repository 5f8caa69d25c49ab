import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';
import { systemCode } from './write-error.ts';

/**
 * Makes a folder and those above it, level by level from the deepest that exists. Node's own way of making all
 * levels at once never ends where a system answers "not found" inside a folder that is there, as /proc does. What was
 * made is there after a power cut too: no file in it would be, were it not.
 * @param mode permissions of each folder that is made
 * @throws the system's error: a file is in the way, no permission, no such place
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  for (let level = folder; !(await isThere(level)); level = dirname(level)) missing.push(level);
  for (const level of missing.reverse()) await makeLevel(level, mode);
  // What exists but is no folder is refused by the system, in its own words.
  if (missing.length === 0) await makeLevel(folder, mode);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // A file in place of a folder above is found when the first level below it is made.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '') && dirname(path) !== path) return false;
    throw error;
  }
}

async function makeLevel(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
    await syncFolder(dirname(folder));
  } catch (error) {
    // Made meanwhile by somebody else, or there from the beginning.
    if (systemCode(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    throw error;
  }
}
