import { createHash } from 'node:crypto';
import { promises, type Stats } from 'node:fs';
import { AppError } from '../../contract/errors.ts';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { reading } from '../../storage/open-itself.ts';

/** Above this a picture is refused by its size alone: it would not fit in one buffer everywhere. */
export const largestFile = 2 ** 31;

const chunkBytes = 8 * 2 ** 20;

/** Times of a file in milliseconds since 1970, fractions kept. */
export interface FileFacts {
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly accessedMs: number;
  /** Absent where the file system does not know it. */
  readonly birthMs?: number;
}

export interface FileContent {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly stat: FileFacts;
}

export interface ReadOptions {
  /** Size and time when the work was planned; a file that differs is refused as changed. */
  readonly expected?: { readonly bytes: number; readonly modifiedMs: number } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The whole content of a regular file, read once from one handle.
 *
 * A pipe, a device or a folder is refused before it is opened, because opening a pipe never returns; the
 * opened handle is looked at again, because the name may have been given to something else meanwhile.
 * A symbolic link to a regular file is a regular file.
 *
 * @throws AppError path-not-found, permission-denied, not-a-regular-file, image-empty, image-too-large,
 *   input-changed, input-unreadable, cancelled
 */
export async function readRegularFile(file: string, options: ReadOptions = {}): Promise<FileContent> {
  try {
    refuseIrregular(file, await promises.stat(file));
    // A pipe may have taken the file's name just now.
    const handle = await promises.open(file, reading);
    try {
      return await readHandle(file, handle, options);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readingError(file, error);
  }
}

async function readHandle(
  file: string,
  handle: promises.FileHandle,
  options: ReadOptions,
): Promise<FileContent> {
  const before = await handle.stat();
  refuseIrregular(file, before);
  const { expected } = options;
  if (expected && (before.size !== expected.bytes || !sameTime(before.mtimeMs, expected.modifiedMs))) {
    throw new AppError('input-changed', { file });
  }
  if (before.size === 0) throw new AppError('image-empty', { file });
  if (before.size > largestFile) {
    const sizes = { size: gigabytes(before.size), most: gigabytes(largestFile) };
    throw new AppError('image-too-large', { file, reason: phrase('large-file', sizes) });
  }
  const bytes = Buffer.allocUnsafeSlow(before.size);
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length;) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, at, Math.min(chunkBytes, bytes.length - at), at);
    if (bytesRead === 0) throw new AppError('input-changed', { file });
    hash.update(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  const after = await handle.stat();
  if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new AppError('input-changed', { file });
  }
  return { bytes, sha256: hash.digest('hex'), stat: factsOf(before) };
}

/** A time that went through JSON or a coarser clock may have lost its fraction of a millisecond. */
function sameTime(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) < 1;
}

function factsOf(stats: Stats): FileFacts {
  const facts = { bytes: stats.size, modifiedMs: stats.mtimeMs, accessedMs: stats.atimeMs };
  return stats.birthtimeMs > 0 ? { ...facts, birthMs: stats.birthtimeMs } : facts;
}

function refuseIrregular(file: string, stats: Stats): void {
  if (stats.isFile()) return;
  throw new AppError('not-a-regular-file', { file, kind: kindOf(stats) });
}

function kindOf(stats: Stats): Phrase {
  if (stats.isDirectory()) return phrase('kind-folder');
  if (stats.isFIFO()) return phrase('kind-pipe');
  if (stats.isSocket()) return phrase('kind-socket');
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return phrase('kind-device');
  return phrase('kind-unknown');
}

function readingError(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const { code } = error as { code?: unknown };
  // Not from the system: an abort, for one, has a number here.
  if (typeof code !== 'string' || !/^E[A-Z]/.test(code)) return error;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('path-not-found', { path: file }, { cause: error });
    case 'ELOOP':
      return new AppError(
        'not-a-regular-file',
        { file, kind: phrase('kind-endless-link') },
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
      return new AppError('permission-denied', { path: file }, { cause: error });
    case 'ENXIO':
      return new AppError('not-a-regular-file', { file, kind: phrase('kind-socket') }, { cause: error });
    default:
      return new AppError(
        'input-unreadable',
        { file, reason: phrase('reason-system', { code }) },
        { cause: error },
      );
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
