import { lstat } from 'node:fs/promises';
import { parse, join } from 'node:path';
import { numberedName } from '../../storage/file-names.ts';

/** The name that a result gets beside what is there already: the wanted one, or with the first free number. */
export async function firstFreeName(file: string): Promise<string> {
  const { dir, name, ext } = parse(file);
  for (let n = 1; n < 10_000; n++) {
    const free = join(dir, numberedName(name, ext.slice(1), n));
    if (!(await lstat(free).catch(() => null))) return free;
  }
  return file;
}
