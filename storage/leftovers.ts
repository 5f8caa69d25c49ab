import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import { systemCode } from './write-error.ts';

/** `.name.<jobId>-<8 hex digits>.part`: two pictures of one job may want one name at the same moment. */
export function partEnding(jobId: string, unique: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(jobId)) {
    throw new AppError('argument-invalid', {
      parameter: 'jobId',
      expected: phrase('expect-job-id'),
      received: `“${jobId}”`,
    });
  }
  return `.${jobId}-${unique}.part`;
}

/** Removes the temporary files that a dead run of this job left in a folder. Others' files stay. */
export async function removeLeftovers(folder: string, jobId: string): Promise<number> {
  const ours = new RegExp(`^\\..*\\.${jobId}-[0-9a-f]{8}\\.part$`, 's');
  let names: Buffer[];
  try {
    // As bytes: beside our own there may be names that are not valid text.
    names = await readdir(folder, { encoding: 'buffer' });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return 0;
    throw error;
  }
  let removed = 0;
  for (const name of names) {
    const text = name.toString('utf8');
    if (!ours.test(text)) continue;
    await unlink(join(folder, text)).then(
      () => removed++,
      () => {},
    );
  }
  return removed;
}
