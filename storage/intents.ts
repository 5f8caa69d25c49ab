import { lstat, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readJournal } from './journal.ts';
import { appending } from './open-itself.ts';
import { syncFolder } from './sync-folder.ts';
import { systemCode, writeError } from './write-error.ts';

/**
 * Between the moment a file has its final name and the moment its job has noted that, a crash leaves a
 * finished file that nobody knows of; the next run would then make a second one beside it. So what is about to
 * get a final name is noted first, by the identity of its bytes on disk.
 */
interface Intent {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Notes that `part` is about to become `path`. Durable when it returns. */
export async function recordIntent(journal: string | undefined, path: string, part: string): Promise<void> {
  if (journal === undefined) return;
  try {
    await writeIntent(journal, path, part);
  } catch (error) {
    // Where it could not be written is not where the file was to go.
    throw writeError(error, journal);
  }
}

async function writeIntent(journal: string, path: string, part: string): Promise<void> {
  const { dev, ino, size, mtimeMs } = await lstat(part);
  const intent: Intent = { path, device: dev, inode: ino, bytes: size, modifiedMs: mtimeMs };
  const handle = await open(journal, appending, 0o600);
  try {
    const isNew = (await handle.stat()).size === 0;
    // The line break comes first too: the line before may have been torn by a crash.
    await handle.appendFile(`\n${JSON.stringify(intent)}\n`);
    await handle.datasync();
    if (isNew) await syncFolder(dirname(journal));
  } finally {
    await handle.close();
  }
}

/**
 * Removes the finished files that a dead run published and that its job never noted as done, so that they can
 * be made again under the same name. A file that was replaced or edited since is not ours, and stays.
 * @returns the paths that were removed
 */
export async function removeUnrecorded(journal: string, recorded: ReadonlySet<string>): Promise<string[]> {
  const removed: string[] = [];
  for (const record of (await readJournal(journal)).records) {
    if (!isIntent(record) || recorded.has(record.path) || !(await isStillOurs(record))) continue;
    await unlink(record.path);
    removed.push(record.path);
  }
  return removed;
}

async function isStillOurs(intent: Intent): Promise<boolean> {
  try {
    const found = await lstat(intent.path);
    return (
      found.isFile() &&
      found.dev === intent.device &&
      found.ino === intent.inode &&
      found.size === intent.bytes &&
      found.mtimeMs === intent.modifiedMs
    );
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

function isIntent(record: unknown): record is Intent {
  if (typeof record !== 'object' || record === null) return false;
  const { path, device, inode, bytes, modifiedMs } = record as Record<string, unknown>;
  const numbers = [device, inode, bytes, modifiedMs];
  return typeof path === 'string' && numbers.every((value) => typeof value === 'number');
}
