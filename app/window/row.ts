import { basename, join } from 'node:path';
import type { QueueRow, RowState } from '../../contract/batch.ts';
import type { PictureChanges } from '../../contract/clean.ts';
import type { Failure } from '../../contract/errors.ts';
import type { ImageSummary } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import { present } from './present.ts';
import { withDroppedNames } from './upload-names.ts';

/** A picture of the queue as the app knows it, with the paths that no window gets. */
export interface Row {
  readonly id: string;
  readonly source: string;
  /** The folder that was added and holds it; null for one that was added itself. */
  readonly root: string | null;
  /** For people. */
  readonly folder: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Sent by a page: a copy of the app's own. */
  readonly uploaded: boolean;
  readonly state: RowState;
  readonly summary: ImageSummary | null;
  /** Made by Unspeckle, and not cleaned again. */
  readonly own: boolean;
  readonly choices: PictureChanges | null;
  readonly fraction: number;
  readonly problem: Failure | null;
  readonly notices: readonly Notice[];
  readonly noiseFactor: number | null;
  /** Path of the finished picture. */
  readonly output: string | null;
  readonly seconds: number | null;
}

/** What is known of a row when it comes in. */
export type NewRow = Pick<Row, 'source' | 'root' | 'folder' | 'bytes' | 'modifiedMs'> &
  Partial<Pick<Row, 'uploaded' | 'state' | 'problem' | 'choices'>>;

export const fresh = {
  uploaded: false,
  state: 'found',
  summary: null,
  own: false,
  choices: null,
  fraction: 0,
  problem: null,
  notices: [],
  noiseFactor: null,
  output: null,
  seconds: null,
} as const satisfies Partial<Row>;

/** A row as windows see it. */
export function shownRow(row: Row): QueueRow {
  const { id, folder, bytes, state, summary, choices, fraction, problem, notices, noiseFactor, seconds } =
    row;
  const named = <T extends Failure | Notice>(said: T) =>
    row.uploaded ? withDroppedNames(said, uploadsOf(row)) : said;
  return {
    id,
    name: basename(row.source),
    ...(row.uploaded && { uploaded: true }),
    folder,
    bytes,
    state,
    picture: summary && {
      format: summary.format,
      width: summary.width,
      height: summary.height,
      pages: summary.pages,
      bitDepth: summary.bitDepth,
    },
    choices: choices && present(choices),
    fraction,
    problem: problem && named(problem),
    notices: notices.map(named),
    noiseFactor,
    output: row.output === null ? null : basename(row.output),
    seconds,
  };
}

/** The folder of all uploads: the run's folder lies in it, and in that what was dropped, as it lay. */
function uploadsOf({ source, folder }: Row): string {
  const depth = folder === '' ? 0 : folder.split('/').length;
  return join(source, '..', ...Array.from({ length: depth }, () => '..'), '..');
}

/** What a row is while it is in no batch. */
export function restingState({ own, summary, problem }: Row): RowState {
  if (own) return 'kept';
  if (problem) return 'failed';
  return summary ? 'ready' : 'found';
}
