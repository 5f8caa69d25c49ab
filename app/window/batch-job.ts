import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { cleanJob, type CleanJob } from '../../contract/clean.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Places } from '../places.ts';
import type { Row } from './row.ts';

/** The batch that a window asks for, as the command line could run it too: its rows with what the settings say. */
export function jobOf(rows: readonly Row[], settings: Settings, places: Places): CleanJob {
  const { out, ...choices } = settings.batch;
  const { backend, threads, memory } = settings;
  const roots = [...new Set(rows.flatMap(({ root }) => (root === null ? [] : [root])))];
  const overrides = rows.flatMap(({ source, choices: own }) => (own ? [{ source, choices: own }] : []));
  // Beside an upload nobody would find a result.
  const elsewhere = rows.some(({ uploaded }) => uploaded) && out === null;
  return cleanJob.parse({
    kind: 'clean',
    inputs: rows.map(({ source }) => source),
    out,
    settings: { ...choices, backend, threads, memory },
    ...(roots.length > 0 ? { roots } : {}),
    ...(overrides.length > 0 ? { overrides } : {}),
    ...(elsewhere ? { elsewhere: { from: places.uploads, to: join(places.results, stamp()) } } : {}),
  });
}

/** Names the folder of results that lie with the app. */
function stamp(): string {
  const day = new Date().toISOString().slice(0, 10);
  return `${day}-${randomBytes(4).toString('hex')}`;
}
