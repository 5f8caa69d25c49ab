import { constants } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';
import { removeAbandoned, temporaryName } from './temporary-name.ts';
import { systemCode, writeError } from './write-error.ts';

/**
 * Replaces a small file of the app's own (settings, job, report) so that after a crash it is the old one or the
 * new one, whole. Only this user may read it.
 */
export async function writeDurable(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
    await removeAbandoned(path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw writeError(error, path);
  }
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeDurable(path, `${JSON.stringify(value, null, 2)}\n`);

/** What came of reading a file of the app's own. */
export type ReadJson<T> =
  | { readonly state: 'read'; readonly value: T }
  | { readonly state: 'absent' }
  /** It could not be used: where it was put aside (null when even that failed), and why. */
  | { readonly state: 'bad'; readonly setAside: string | null; readonly thrown: unknown };

const largest = 256 * 2 ** 20;

/** Reads a file without following it into pipes and devices. A bad file is set aside, never deleted. */
export async function readJson<T>(path: string, parse: (raw: unknown) => T): Promise<ReadJson<T>> {
  const found = await readJsonAsItIs(path, parse);
  // What may not be opened is not bad.
  if (found.state !== 'bad' || systemCode(found.thrown) !== null) return found;
  return { ...found, setAside: await putAside(path) };
}

/** The same, and a bad file stays where it is: for those who do not hold the lock under which it is written. */
export async function readJsonAsItIs<T>(path: string, parse: (raw: unknown) => T): Promise<ReadJson<T>> {
  try {
    return { state: 'read', value: parse(JSON.parse(await readText(path))) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return { state: 'absent' };
    return { state: 'bad', setAside: null, thrown: error };
  }
}

/** The text of a regular file of at most 256 MB. Opened so that a pipe under this name does not hang us. */
export async function readText(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error('it is not a regular file');
    if (found.size > largest) throw new Error(`it has ${found.size} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Gives what stands under a name another one beside it, whatever it is; null when that cannot be. */
export async function putAside(path: string): Promise<string | null> {
  for (let n = 1; n <= 1000; n++) {
    const aside = `${path}.bad-${n}`;
    try {
      await (await open(aside, 'wx')).close();
      await rename(path, aside).catch(async (error: unknown) => {
        // A folder takes the place of no file.
        if (systemCode(error) !== 'ENOTDIR') throw error;
        await unlink(aside);
        await rename(path, aside);
      });
      return aside;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') return null;
    }
  }
  return null;
}
