import { resolve } from 'node:path';

/** Paths among the arguments of a start. What looks like a switch is none of ours, and is ignored before a `--`. */
export function fileArguments(args: readonly string[], cwd: string): readonly string[] {
  const end = args.indexOf('--');
  const before = end < 0 ? args : args.slice(0, end);
  const after = end < 0 ? [] : args.slice(end + 1);
  return [...before.filter((argument) => !argument.startsWith('-')), ...after]
    .filter((argument) => argument !== '')
    .map((argument) => resolve(cwd, argument));
}

/** The paths that another start of the app hands over, if that is what came. */
export function handedPaths(data: unknown): readonly string[] {
  const paths = typeof data === 'object' && data !== null && 'paths' in data ? data.paths : null;
  if (!Array.isArray(paths)) return [];
  return paths.filter((path): path is string => typeof path === 'string');
}
