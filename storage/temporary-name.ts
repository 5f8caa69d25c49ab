import { randomBytes } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from './process-identity.ts';

/** A name beside a file of the app's own, `.name.<process>-<12 hex digits>.tmp`, for what is to become that file. */
export function temporaryName(path: string): string {
  return join(dirname(path), `${beginning(path)}${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

/** Removes what processes that are gone have left beside a file under such names. It is no error when it cannot. */
export async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(beginning(path))) continue;
    const rest = /^(\d+)-[0-9a-f]{12}\.tmp$/.exec(name.slice(beginning(path).length));
    if (rest && !isAlive(Number(rest[1]))) await unlink(join(folder, name)).catch(() => {});
  }
}

const beginning = (path: string): string => `.${basename(path).replace(/^\.+/, '')}.`;
