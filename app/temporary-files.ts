import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError } from '../storage/write-error.ts';
import { readError } from './inputs/read-error.ts';

/**
 * A folder that only this user can look into, among the system's temporary files.
 * @throws AppError `disk-full`, `output-folder-unusable`
 */
export async function makeTemporaryFolder(among: string): Promise<string> {
  const beginning = join(among, 'unspeckle-');
  try {
    return await mkdtemp(beginning);
  } catch (error) {
    throw writeError(error, beginning);
  }
}

/** What it means to a person that what came from `from` did not get into a temporary file. */
export function copyingError(error: unknown, from: string, file: string): unknown {
  const call = error instanceof Error && 'syscall' in error ? error.syscall : null;
  if (call === 'read') return readError(error, from);
  return call === 'open' || call === 'write' ? writeError(error, file) : error;
}
