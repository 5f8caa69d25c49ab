import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What lies in a folder of the app's own and was last added to longer ago than so many days. */
export async function oldFolders(parent: string, days: number): Promise<string[]> {
  const before = Date.now() - days * 24 * 3600 * 1000;
  const old: string[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name);
    const found = await stat(folder).catch(() => null);
    if (found && found.mtimeMs <= before) old.push(folder);
  }
  return old;
}
