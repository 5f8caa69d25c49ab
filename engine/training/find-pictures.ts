import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { pictureExtensions } from '../../contract/image.ts';
import { AppError } from '../../contract/errors.ts';

/** A file that may be a picture, named so that the order does not depend on where the folder lies. */
export interface FoundFile {
  readonly path: string;
  /** Position of its folder in the list that was asked for. */
  readonly source: number;
  /** Path within that folder, with forward slashes. */
  readonly name: string;
}

/**
 * Picture files of folders (searched in depth) and single files, in an order that depends on their names
 * alone. Links are not followed: a picture reached twice would be on both sides of the validation split.
 * @throws AppError `path-not-found`
 */
export async function findPictures(sources: readonly string[]): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const [source, path] of sources.entries()) {
    const status = await stat(path).catch((cause: unknown) => {
      throw new AppError('path-not-found', { path }, { cause });
    });
    if (!status.isDirectory()) {
      found.push({ path, source, name: path.split(sep).at(-1)! });
      continue;
    }
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const extension = extname(entry.name).slice(1).toLowerCase();
      if (!entry.isFile() || !pictureExtensions.includes(extension)) continue;
      const file = join(entry.parentPath, entry.name);
      found.push({ path: file, source, name: relative(path, file).split(sep).join('/') });
    }
  }
  return found.sort((a, b) => a.source - b.source || (a.name < b.name ? -1 : 1));
}
