import { lstat, open, opendir, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { readingItself } from '../../storage/open-itself.ts';
import { syncFolder } from '../../storage/sync-folder.ts';
import { writeError } from '../../storage/write-error.ts';
import { readError } from '../inputs/read-error.ts';
import { isInside } from '../inputs/walk.ts';
import { limitOf, mostEntries, requiredParts } from './model-limits.ts';

/** One file of a model, wherever it comes from. */
export interface ModelPart {
  readonly name: string;
  /** As announced; more is never taken. */
  readonly bytes: number;
  open(): Promise<AsyncIterable<Buffer>>;
}

export type Refuse = (reason: Phrase) => AppError;

export const refuser =
  (model: string): Refuse =>
  (reason) =>
    new AppError('model-invalid', { model, reason });

/** The parts of a model in a folder. Links that lead out of it and anything but regular files are refused. */
export async function partsOfFolder(folder: string, refuse: Refuse): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  const [real, names] = await Promise.all([realpath(folder), firstNames(folder)]).catch((error: unknown) => {
    throw readError(error, folder);
  });
  if (names.length > mostEntries) throw refuse(phrase('model-folder-many', { limit: mostEntries }));
  for (const name of names) {
    if (limitOf(name) === null) continue;
    const path = join(folder, name);
    if (!isInside(await realpath(path).catch(() => path), real)) {
      throw refuse(phrase('model-part-outside', { file: name }));
    }
    const found = await lstat(path);
    if (!found.isFile()) throw refuse(phrase('model-part-odd', { file: name }));
    parts.push({ name, bytes: found.size, open: () => openPart(path, name, refuse) });
  }
  return parts;
}

/** One more than there may be at most: a folder of millions is not read to its end. */
async function firstNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) if (names.push(name) > mostEntries) break;
  return names.sort();
}

async function openPart(path: string, name: string, refuse: Refuse): Promise<AsyncIterable<Buffer>> {
  const handle = await open(path, readingItself);
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw refuse(phrase('model-part-odd', { file: name }));
  }
  // The stream closes the handle.
  return handle.createReadStream() as AsyncIterable<Buffer>;
}

/** What must be there is there, nothing is there twice, nothing is too large. */
export function checkParts(parts: readonly ModelPart[], refuse: Refuse): void {
  for (const file of requiredParts) {
    if (!parts.some(({ name }) => name === file)) throw refuse(phrase('model-part-missing', { file }));
  }
  for (const [index, { name, bytes }] of parts.entries()) {
    const limit = limitOf(name) ?? 0;
    if (parts.findIndex((other) => other.name === name) !== index) {
      throw refuse(phrase('model-part-twice', { file: name }));
    }
    if (bytes > limit) throw refuse(phrase('model-part-large', { file: name, bytes, limit }));
  }
}

/** Copies the parts into an empty folder, each byte counted, and makes them durable. */
export async function writeParts(parts: readonly ModelPart[], folder: string, refuse: Refuse): Promise<void> {
  for (const part of parts) {
    const path = join(folder, part.name);
    let handle: FileHandle;
    try {
      handle = await open(path, 'wx', 0o600);
    } catch (error) {
      throw writeError(error, path);
    }
    try {
      const source = await part.open().catch((error: unknown) => {
        throw readError(error, part.name);
      });
      await copyBounded(source, handle, path, part, refuse);
    } finally {
      await handle.close();
    }
  }
  await syncFolder(folder);
}

async function copyBounded(
  source: AsyncIterable<Buffer>,
  handle: FileHandle,
  path: string,
  { name, bytes }: ModelPart,
  refuse: Refuse,
): Promise<void> {
  let written = 0;
  for await (const chunk of source) {
    written += chunk.length;
    if (written > bytes)
      throw refuse(phrase('model-part-large', { file: name, bytes: written, limit: bytes }));
    try {
      await handle.writeFile(chunk);
    } catch (error) {
      throw writeError(error, path);
    }
  }
  await handle.sync();
}
