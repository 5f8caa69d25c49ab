import { dirname } from 'node:path';
import type { StoredCleanJob } from '../jobs/job-store.ts';
import { isInside } from '../inputs/walk.ts';
import type { Places } from '../places.ts';
import { shownFolder } from './finding.ts';
import { droppedPath } from './upload-names.ts';
import type { Queue } from './queue.ts';
import type { Row } from './row.ts';

/** The rows of a batch that was written down: those that are in the queue, and the others added to it. */
export function rowsOfStored({ job, plan }: StoredCleanJob, queue: Queue, places: Places): Row[] {
  const own = new Map((job.overrides ?? []).map(({ source, choices }) => [source, choices]));
  const roots = [...(job.roots ?? []), ...job.inputs];
  return plan.pictures.flatMap(({ source, bytes, modifiedMs }) => {
    const known = queue.of(source);
    if (known) return [known];
    const root = roots.find((folder) => folder !== source && isInside(source, folder)) ?? null;
    const row = queue.add({
      source,
      root,
      bytes,
      modifiedMs,
      folder: droppedPath(dirname(source), places.uploads) ?? shownFolder(source, root),
      uploaded: isInside(source, places.uploads),
      choices: own.get(source) ?? null,
    });
    return row ? [row] : [];
  });
}
