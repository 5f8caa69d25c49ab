import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import { isAlive } from './process-identity.ts';
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
export function removeLeftovers(folder: string, jobId: string): Promise<number> {
  const ours = new RegExp(`^\\..*\\.${jobId}-[0-9a-f]{8}\\.part$`, 's');
  return removeWhere(folder, (name) => ours.test(name));
}

/** The id of what is written by itself, and not gone on with after a crash: it tells the process at work on it. */
export const loneJobId = (kind: 'export' | 'sheet'): string => `${kind}-${process.pid}`;

/** Removes the temporary files of that kind that processes which are gone have left in a folder. */
export function removeLoneLeftovers(folder: string, kind: 'export' | 'sheet'): Promise<number> {
  const ofKind = new RegExp(`^\\..*\\.${kind}-(\\d+)-[0-9a-f]{8}\\.part$`, 's');
  return removeWhere(folder, (name) => {
    const pid = ofKind.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
}

async function removeWhere(folder: string, ours: (name: string) => boolean): Promise<number> {
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
    if (!ours(text)) continue;
    await unlink(join(folder, text)).then(
      () => removed++,
      () => {},
    );
  }
  return removed;
}
