import { parse } from 'node:path';
import { numberedName } from '../../storage/file-names.ts';
import { sameFileKey } from '../naming/safe-name.ts';

/**
 * The names of files in an archive: each in its folder under its own name, of equals all but the first with a number,
 * as on a disk that ignores case and the form of accents.
 * @param files `folder` with forward slashes, empty for the top
 */
export function archiveNames(files: readonly { readonly path: string; readonly folder: string }[]): string[] {
  const taken = new Set<string>();
  /** The last number given out for a name, so that thousands of equals do not start over each time. */
  const last = new Map<string, number>();
  return files.map(({ path, folder }) => {
    const { name, ext } = parse(path);
    const place = folder === '' ? '' : `${folder}/`;
    const nameAt = (n: number) => zipPath(`${place}${numberedName(name, ext.slice(1), n)}`);
    const first = sameFileKey(nameAt(1));
    let number = (last.get(first) ?? 0) + 1;
    while (taken.has(sameFileKey(nameAt(number)))) number++;
    last.set(first, number);
    taken.add(sameFileKey(nameAt(number)));
    return nameAt(number);
  });
}

/** In a zip a backslash begins a folder and a letter with a colon a disk: neither is meant by a file that has them. */
const zipPath = (path: string): string => path.replaceAll('\\', '_').replace(/^([a-z]):/i, '$1_');
