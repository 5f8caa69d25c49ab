import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Where a result of that name lies below a folder. @throws unless there is exactly one */
export async function writtenFile(folder: string, name: string): Promise<string> {
  const found = (await filesBelow(folder)).filter((path) => basename(path) === name);
  if (found.length !== 1) throw new Error(`${found.length} files “${name}” in ${folder}`);
  return found[0] ?? '';
}

/** Every file below a folder, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
