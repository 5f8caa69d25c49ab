import { randomBytes } from 'node:crypto';
import { link, lstat, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { fitName, numberedName } from './file-names.ts';
import { recordIntent } from './intents.ts';
import { partEnding } from './leftovers.ts';
import { syncFolder } from './sync-folder.ts';
import { systemCode, writeError } from './write-error.ts';

export interface PublishRequest {
  /** An existing folder. The temporary file lies in it too, so that the last step is a rename on one disk. */
  readonly folder: string;
  readonly stem: string;
  /** Without the dot. */
  readonly extension: string;
  readonly bytes: Uint8Array;
  /** Letters, digits and hyphens; names the temporary file, so that leftovers can be told from others'. */
  readonly jobId: string;
  readonly onConflict: 'rename' | 'skip' | 'overwrite';
  /** Reads the temporary file back; what it throws means that nothing is published. */
  readonly verify?: ((part: string) => Promise<void>) | undefined;
  readonly times?: { readonly accessedMs: number; readonly modifiedMs: number } | null | undefined;
  /** Permission bits; by default those of any new file. */
  readonly mode?: number | undefined;
  /** A file that must never be replaced, whatever its name: the picture that was read. */
  readonly source?: string | undefined;
  /** A journal (see intents.ts) that tells, after a crash, which finished file came of this request. */
  readonly intents?: string | undefined;
  /** Stops before the final name exists; afterwards it is too late. */
  readonly signal?: AbortSignal | undefined;
}

export type Published =
  | {
      readonly path: string;
      /** The name that was wanted, when another one had to be taken. */
      readonly renamedFrom: string | null;
      /** False when the disk does not keep the times that were asked for. */
      readonly timesKept: boolean;
    }
  /** The file that exists and stays: nothing was written. */
  | { readonly kept: string };

/** Codes by which a file system says that it has no hard links. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES', 'EINVAL']);
const mostNumbers = 100_000;

/**
 * Writes one file so that its final name holds all of it or does not exist, at every moment, also when the
 * process is killed or the power fails: temporary file in the same folder, flush, read back, then one atomic
 * step to the final name. Without `overwrite` no existing file is ever replaced.
 * @throws AppError `disk-full`, `permission-denied`, `output-folder-unusable`, `output-unwritable`,
 *   `output-not-verified`, `output-is-input`, `cancelled`; the temporary file is gone then.
 */
export async function publishFile(request: PublishRequest): Promise<Published> {
  const wanted = join(request.folder, numberedName(request.stem, request.extension, 1));
  try {
    if (request.onConflict === 'skip' && (await exists(wanted))) return { kept: wanted };
    if (request.onConflict === 'overwrite') await refuseSource(wanted, request.source);
    const ending = partEnding(request.jobId, randomBytes(4).toString('hex'));
    const part = join(request.folder, fitName(`.${request.stem}`, ending));
    return await publishThrough(part, wanted, request);
  } catch (error) {
    throw writeError(error, wanted);
  }
}

async function publishThrough(part: string, wanted: string, request: PublishRequest): Promise<Published> {
  try {
    const timesKept = await writePart(part, request);
    await verifyPart(part, wanted, request);
    const taken = await takeName(part, request);
    if (taken === null) return { kept: wanted };
    await confirm(taken, request);
    return { path: taken, renamedFrom: taken === wanted ? null : nameOf(wanted, request), timesKept };
  } finally {
    // After a rename there is nothing left; in all other cases the temporary file has served.
    await unlink(part).catch(() => {});
  }
}

async function writePart(part: string, request: PublishRequest): Promise<boolean> {
  request.signal?.throwIfAborted();
  const handle = await open(part, 'wx', 0o666);
  try {
    await handle.writeFile(request.bytes);
    if (request.mode !== undefined) await handle.chmod(request.mode & 0o777).catch(() => {});
    const timesKept = await setTimes(handle, request.times ?? null);
    await handle.sync();
    const { size } = await handle.stat();
    if (size !== request.bytes.length) {
      throw new AppError('output-not-verified', { file: join(request.folder, request.stem) });
    }
    return timesKept;
  } finally {
    await handle.close();
  }
}

async function setTimes(handle: FileHandle, times: PublishRequest['times']): Promise<boolean> {
  if (!times) return true;
  try {
    await handle.utimes(times.accessedMs / 1000, times.modifiedMs / 1000);
    return true;
  } catch {
    return false;
  }
}

async function verifyPart(part: string, wanted: string, request: PublishRequest): Promise<void> {
  request.signal?.throwIfAborted();
  try {
    await request.verify?.(part);
  } catch (error) {
    if (error instanceof AppError || systemCode(error) !== null) throw error;
    throw new AppError('output-not-verified', { file: wanted }, { cause: error });
  }
  request.signal?.throwIfAborted();
}

/** The atomic step. Null when the name exists and the rule is to keep what is there. */
async function takeName(part: string, request: PublishRequest): Promise<string | null> {
  if (request.onConflict === 'overwrite') {
    const final = join(request.folder, numberedName(request.stem, request.extension, 1));
    await refuseSource(final, request.source);
    await recordIntent(request.intents, final, part);
    await renamePatiently(part, final);
    return final;
  }
  for (let n = 1; n <= mostNumbers; n++) {
    const final = join(request.folder, numberedName(request.stem, request.extension, n));
    // Asked first so that the journal of intents holds few names that are not ours; link() decides.
    if (!(await exists(final))) {
      await recordIntent(request.intents, final, part);
      if (await takeFreeName(part, final)) return final;
    }
    if (request.onConflict === 'skip') return null;
  }
  throw new AppError('output-exists', {
    file: join(request.folder, numberedName(request.stem, request.extension, 1)),
  });
}

/** False when the name exists. Nothing that exists is replaced. */
async function takeFreeName(part: string, final: string): Promise<boolean> {
  try {
    await link(part, final);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!withoutLinks.has(code)) throw error;
  }
  return takeFreeNameByRename(part, final);
}

/** For file systems without hard links: the name is reserved by an empty file of our own, then replaced. */
async function takeFreeNameByRename(part: string, final: string): Promise<boolean> {
  try {
    await (await open(final, 'wx')).close();
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await renamePatiently(part, final);
    return true;
  } catch (error) {
    await unlink(final).catch(() => {});
    throw error;
  }
}

/** Virus scanners and indexers on Windows hold fresh files open for a moment. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const passing = ['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error) ?? '');
      if (process.platform !== 'win32' || !passing || attempt === 6) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * 2 ** attempt));
    }
  }
}

/** What is not certain to be there after a power cut is not called done, and does not stay as if it were. */
async function confirm(final: string, request: PublishRequest): Promise<void> {
  try {
    await syncFolder(request.folder);
  } catch (error) {
    if (request.onConflict !== 'overwrite') await unlink(final).catch(() => {});
    throw error;
  }
}

async function refuseSource(final: string, source: string | undefined): Promise<void> {
  if (source === undefined || !(await exists(final))) return;
  const identity = (path: string) => stat(path, { bigint: true }).catch(() => null);
  const [a, b] = await Promise.all([identity(final), identity(source)]);
  if (a && b && a.dev === b.dev && a.ino === b.ino) throw new AppError('output-is-input', { file: source });
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

const nameOf = (path: string, request: PublishRequest): string =>
  path.slice(join(request.folder, 'x').length - 1);
