import { dirname } from 'node:path';
import type { CleanJob } from '../../contract/clean.ts';
import { isInside } from '../inputs/walk.ts';
import { shownFolder } from './finding.ts';
import { droppedPath } from './upload-names.ts';

/** Where a source of a batch lay. */
export interface ShownPlace {
  /** As people know it: relative to what was added, else a place of this machine. Text to read. */
  readonly folder: string;
  /** The same where it is relative to what was added; empty for a file that was added itself. */
  readonly within: string;
}

/** @param uploads where pictures lie that pages sent */
export function placeTeller(job: CleanJob, uploads: string): (source: string) => ShownPlace {
  const roots = [...(job.roots ?? []), ...job.inputs];
  return (source) => {
    const dropped = droppedPath(source, uploads);
    if (dropped !== null) {
      const folder = dropped.split('/').slice(0, -1).join('/');
      return { folder, within: folder };
    }
    const root = roots.find((folder) => folder !== source && isInside(dirname(source), folder)) ?? null;
    const folder = shownFolder(source, root);
    return { folder, within: root === null ? '' : folder };
  };
}
