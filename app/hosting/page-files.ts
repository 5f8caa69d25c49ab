import { lstat, readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** A name as the bundler gives it: no way up, no hidden file, nothing that an address would have to escape. */
const plainSegment = /^(?!\.)[\w.-]+$/;

/**
 * A file of the built window by the path of an address, as an answer without the headers of `secured`.
 * @returns null where there is no such file, or the path leads elsewhere
 */
export async function pageFile(folder: string, pathname: string): Promise<Response | null> {
  const segments = pathname === '/' ? ['index.html'] : pathname.slice(1).split('/');
  const type = types[extname(segments.at(-1) ?? '')];
  if (type === undefined || !segments.every((segment) => plainSegment.test(segment))) return null;
  const bytes = await readInside(folder, join(folder, ...segments));
  return bytes === null ? null : new Response(bytes, { headers: { 'content-type': type } });
}

/** The bytes of a regular file that really lies in the folder, links followed. */
async function readInside(folder: string, file: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const [root, target] = await Promise.all([realpath(folder), realpath(file)]);
    if (!target.startsWith(root + sep)) return null;
    if (!(await lstat(target)).isFile()) return null;
    return new Uint8Array(await readFile(target));
  } catch {
    return null;
  }
}
