import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pictureExtensions } from '../../contract/image.ts';
import { AppError } from '../../contract/errors.ts';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { systemCode } from '../../storage/write-error.ts';
import { countPages } from './count-pages.ts';

/** A page of a file that may be a picture, named so that the order does not depend on where its folder lies. */
export interface FoundPicture {
  readonly path: string;
  /** Position of its folder in the list that was asked for. */
  readonly source: number;
  /** Path within that folder, with forward slashes. */
  readonly name: string;
  /** From 0. */
  readonly page: number;
  /** Of the file. */
  readonly pages: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface FoundPictures {
  /** Every page of every file. */
  readonly pictures: readonly FoundPicture[];
  /** Folders that could not be looked into, and names that cannot be opened by their text. */
  readonly unreadable: readonly { readonly file: string; readonly reason: Phrase }[];
}

/**
 * Pictures of folders (searched in depth) and single files, in an order that depends on their names
 * alone. Links are not followed: a picture reached twice could be on both sides of the validation split.
 * @throws AppError `path-not-found` when one of the sources is not there
 */
export async function findPictures(sources: readonly string[], signal?: AbortSignal): Promise<FoundPictures> {
  const files: { path: string; source: number; name: string }[] = [];
  const unreadable: { file: string; reason: Phrase }[] = [];

  async function search(folder: string, source: number, prefix: string): Promise<void> {
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    const entries = await readdir(folder, options).catch((error: unknown) => {
      unreadable.push({
        file: folder,
        reason: phrase('left-folder', { code: systemCode(error) ?? '?' }),
      });
      return [];
    });
    for (const entry of entries) {
      const own = entry.name.toString('utf8');
      const path = join(folder, own);
      const name = prefix + own;
      if (!Buffer.from(own).equals(entry.name)) {
        if (entry.isDirectory() || hasPictureExtension(name))
          unreadable.push({ file: path, reason: phrase('left-name') });
      } else if (entry.isDirectory()) await search(path, source, `${name}/`);
      else if (entry.isFile() && hasPictureExtension(name)) files.push({ path, source, name });
    }
  }

  for (const [source, path] of sources.entries()) {
    const status = await stat(path).catch((cause: unknown) => {
      throw new AppError('path-not-found', { path }, { cause });
    });
    if (status.isDirectory()) await search(path, source, '');
    else files.push({ path, source, name: basename(path) });
  }
  files.sort((a, b) => a.source - b.source || (a.name < b.name ? -1 : 1));
  const pictures: FoundPicture[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    const status = await stat(file.path).catch(() => null);
    if (!status) continue; // gone since its folder was read
    // Opening a pipe never returns.
    const pages = status.isFile() ? await countPages(file.path) : 1;
    const known = { ...file, pages, bytes: status.size, modifiedMs: status.mtimeMs };
    for (let page = 0; page < pages; page++) pictures.push({ ...known, page });
  }
  return { pictures, unreadable };
}

const hasPictureExtension = (name: string): boolean =>
  pictureExtensions.includes(extname(name).slice(1).toLowerCase());
