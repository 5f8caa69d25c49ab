import { isAbsolute, relative, resolve, sep } from 'node:path';
import { AppError } from '../contract/errors.ts';

/** A path as short as it can be said from the folder the person is in. */
export function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === '') return '.';
  const outside = short === '..' || short.startsWith(`..${sep}`) || isAbsolute(short);
  return outside ? path : short;
}

export const absolute = (path: string, cwd: string): string => resolve(cwd, path);

/** A path as it can be pasted into a POSIX shell. */
export function shellQuoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

const ownScripts: ReadonlySet<string | undefined> = new Set(['unspeckle', 'demo']);

/**
 * The folder the person is in. Scripts of npm run in the package's folder, and npm says where it was called from:
 * `npm --prefix unspeckle run -s unspeckle -- clean photo.jpg` means the photo beside the person.
 * @throws AppError `path-not-found` when that folder was removed meanwhile
 */
export function startFolder(
  env: Readonly<Record<string, string | undefined>>,
  current: () => string,
): string {
  const throughNpm = env.npm_package_name === 'unspeckle' && ownScripts.has(env.npm_lifecycle_event);
  if (throughNpm && env.INIT_CWD) return env.INIT_CWD;
  try {
    return current();
  } catch (cause) {
    throw new AppError('path-not-found', { path: env.PWD ?? '.' }, { cause });
  }
}
