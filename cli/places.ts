import { isAbsolute, relative, resolve, sep } from 'node:path';

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
