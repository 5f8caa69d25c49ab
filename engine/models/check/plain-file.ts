import { createHash } from 'node:crypto';
import { promises, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { phrase } from '../../../contract/texts/fill-in.ts';
import { partTooLarge } from '../../../contract/texts/model-part-size.ts';
import { readingItself } from '../../../storage/open-itself.ts';
import type { Refuse } from './refusal.ts';

export interface PlainFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** How many bytes a file may have, and how many it must have. */
export interface Extent {
  readonly most: number;
  readonly exactly?: number;
}

/**
 * The whole of a plain file that lies in a folder itself, or null where there is none of that name. Links are
 * never followed, so nothing outside the folder is read; pipes and devices are never opened, because opening a
 * pipe does not return.
 * @param name a plain name, never one from the model
 * @throws AppError `model-invalid` for anything else under that name, and for another size, before it is opened
 */
export async function readPlainFile(
  folder: string,
  name: string,
  extent: Extent,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<PlainFile | null> {
  const file = join(folder, name);
  try {
    const seen = await promises.lstat(file, { bigint: true });
    refuseUnlessPlain(name, seen, extent, refuse);
    // The name may be given to something else between the look and the opening.
    const handle = await promises.open(file, readingItself);
    try {
      const opened = await handle.stat({ bigint: true });
      refuseUnlessPlain(name, opened, extent, refuse);
      if (opened.ino !== seen.ino || opened.dev !== seen.dev)
        throw refuse(phrase('model-part-changed', { file: name }));
      return await readHandle(handle, name, Number(opened.size), refuse, signal);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw readingError(name, error, refuse);
  }
}

function refuseUnlessPlain(
  name: string,
  stats: BigIntStats,
  { most, exactly }: Extent,
  refuse: Refuse,
): void {
  if (stats.isSymbolicLink()) throw refuse(phrase('model-part-link', { file: name }));
  if (!stats.isFile()) throw refuse(phrase('model-part-not-plain', { file: name }));
  if (stats.size > BigInt(most)) throw refuse(partTooLarge(name, Number(stats.size), most));
  if (exactly !== undefined && stats.size !== BigInt(exactly)) {
    const bytes = Number(stats.size);
    throw refuse(phrase('model-file-bytes', { file: name, bytes, needed: exactly }));
  }
}

async function readHandle(
  handle: promises.FileHandle,
  name: string,
  size: number,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<PlainFile> {
  const bytes = new Uint8Array(size);
  const hash = createHash('sha256');
  for (let at = 0; at < size;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, at, Math.min(chunkBytes, size - at), at);
    if (bytesRead === 0) throw refuse(phrase('model-part-changed', { file: name }));
    hash.update(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** A disk that fails and a file that may not be read refuse the model; anything else stays what it is. */
function readingError(name: string, error: unknown, refuse: Refuse): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return refuse(phrase('model-part-denied', { file: name }), error);
    case 'ELOOP':
      return refuse(phrase('model-part-link', { file: name }), error);
    default:
      return refuse(phrase('model-part-unread', { file: name, code }), error);
  }
}

/** The system's name of a failed file operation; nothing for errors of other kinds, whose codes are numbers. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const chunkBytes = 8 * 2 ** 20;
