import { relative, sep } from 'node:path';
import type { Failure } from '../../contract/errors.ts';
import type { Notice } from '../../contract/notice.ts';
import { withTexts } from '../../contract/texts/fill-in.ts';
import { isInside } from '../inputs/walk.ts';

/** The path of an upload as it was in what was dropped; null for what is none. */
export function droppedPath(path: string, uploads: string): string | null {
  // Below the folder of uploads lies one for each run of the app.
  return isInside(path, uploads) ? relative(uploads, path).split(sep).slice(1).join('/') : null;
}

/** What is said of a file, with the names people know: where the app keeps an upload tells them nothing. */
export function withDroppedNames<T extends Failure | Notice>(said: T, uploads: string): T {
  if (!JSON.stringify(said).includes(JSON.stringify(uploads).slice(1, -1))) return said;
  const plain = (text: string) => withoutFolder(text, uploads);
  const details = withTexts(said.details ?? {}, plain);
  return { ...said, details, ...('message' in said && { message: plain(said.message) }) };
}

function withoutFolder(text: string, uploads: string): string {
  const [first = '', ...others] = text.split(uploads + sep);
  return first + others.map((rest) => rest.slice(rest.indexOf(sep) + 1)).join('');
}
