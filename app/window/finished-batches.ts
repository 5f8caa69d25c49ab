import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FinishedBatch, FinishedRow } from '../../contract/batch.ts';
import { AppError, storedFailure } from '../../contract/errors.ts';
import type { CleanReport } from '../../contract/jobs.ts';
import { noticeTexts } from '../../contract/texts/en.ts';
import { writeDurable } from '../../storage/durable-json.ts';
import { readReport } from '../clean/report.ts';
import { naturalOrder } from '../inputs/natural-order.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { shownFolder } from './finding.ts';
import { placeTeller } from './shown-place.ts';
import { withDroppedNames } from './upload-names.ts';

/** Older reports stay on disk; so do those beyond what a window can be sent at once, but for the newest. */
const mostListed = 40;
const mostRows = 20_000;

/** Present in the folder of a batch that was undone. */
const undoneName = 'undone';

/** Finished pictures of a batch, and when it was finished. */
export interface BatchResults {
  readonly finished: Date;
  /** Each once, in the order of their names. `folder`: where its source lay in what was added, forward slashes; empty for files added themselves. */
  readonly results: readonly { readonly path: string; readonly folder: string }[];
}

/** Batches whose reports are kept, and what became of their pictures. */
export class FinishedBatches {
  readonly #store: JobStore;
  readonly #uploads: string;

  /** @param uploads where pictures lie that pages sent */
  constructor(store: JobStore, uploads: string) {
    this.#store = store;
    this.#uploads = uploads;
  }

  /** The newest first. @param most rows in all */
  async list(most = mostRows): Promise<FinishedBatch[]> {
    const listed: FinishedBatch[] = [];
    let rows = 0;
    for (const jobId of (await this.#store.all()).reverse()) {
      if (listed.length === mostListed) break;
      // A report that makes no sense, or another version's, stays on the disk and hides none of the others.
      const shown = await this.#shown(jobId).catch(() => null);
      if (!shown) continue;
      rows += shown.rows.length;
      if (rows > most && listed.length > 0) break;
      listed.push(shown);
    }
    return listed;
  }

  reportFile(batch: string): string {
    return join(this.#store.folderOf(batch), 'report.json');
  }

  /** @throws AppError `batch-not-found` for what is no batch with a report */
  async report(batch: string): Promise<CleanReport> {
    const report = (await this.#store.has(batch))
      ? await readReport(this.reportFile(batch)).catch(() => null)
      : null;
    if (!report) throw new AppError('batch-not-found');
    return report;
  }

  /** The finished picture of a row of `list`; null for an id of another kind. */
  async output(row: string): Promise<string | null> {
    const [, batch = '', index = ''] = /^(\d{6,}-[a-z0-9]+)\.(\d{1,7})$/.exec(row) ?? [];
    if (batch === '') return null;
    const report = await this.report(batch).catch(() => null);
    return report?.done[Number(index)]?.output ?? null;
  }

  /** @throws AppError `batch-not-found` */
  async results(batch: string): Promise<BatchResults> {
    const { job, done, finished } = await this.report(batch);
    const placeOf = placeTeller(job, this.#uploads);
    const byPath = new Map(done.map(({ source, output }) => [output, placeOf(source).within]));
    const order = naturalOrder();
    const results = [...byPath]
      .map(([path, folder]) => ({ path, folder, name: join(folder, basename(path)) }))
      .sort((a, b) => order(a.name, b.name) || order(a.path, b.path))
      .map(({ path, folder }) => ({ path, folder }));
    return { finished: new Date(finished), results };
  }

  async setUndone(batch: string): Promise<void> {
    await writeDurable(join(this.#store.folderOf(batch), undoneName), `${new Date().toISOString()}\n`);
  }

  async #shown(jobId: string): Promise<FinishedBatch> {
    const report = await readReport(this.reportFile(jobId));
    const undone = await stat(join(this.#store.folderOf(jobId), undoneName)).catch(() => null);
    const rows = rowsOf(jobId, report, this.#uploads);
    const count = (wanted: FinishedRow['state'][]) =>
      rows.filter(({ state }) => wanted.includes(state)).length;
    return {
      batch: jobId,
      finished: report.finished,
      counts: {
        all: rows.length + report.pending,
        done: count(['done', 'unchanged']),
        unchanged: count(['unchanged']),
        failed: count(['failed']),
        kept: count(['kept']),
      },
      megapixels: report.megapixels,
      seconds: report.seconds,
      stopped: report.stopped,
      report: this.reportFile(jobId),
      folders: [...new Set(report.done.map(({ output }) => shownFolder(output, null)))],
      undone: undone !== null,
      rows,
    };
  }
}

function rowsOf(batch: string, { job, done, failed, skipped }: CleanReport, uploads: string): FinishedRow[] {
  const placeOf = placeTeller(job, uploads);
  const row = (source: string, id: string, more: Partial<FinishedRow>): FinishedRow => {
    return {
      name: basename(source),
      folder: placeOf(source).folder,
      state: 'kept',
      output: null,
      row: `${batch}.${id}`,
      noiseFactor: null,
      seconds: null,
      ...more,
      problem: more.problem ? withDroppedNames(more.problem, uploads) : null,
      notices: (more.notices ?? [])
        .filter(({ code }) => Object.hasOwn(noticeTexts, code))
        .map((notice) => withDroppedNames(notice, uploads)),
    };
  };
  const rows = [
    ...done.map(({ source, output, unchanged, notices, noiseFactor, seconds }, index) =>
      row(source, String(index), {
        state: unchanged ? 'unchanged' : 'done',
        output: basename(output),
        notices: notices ?? [],
        noiseFactor: noiseFactor ?? null,
        seconds: seconds?.total ?? null,
      }),
    ),
    ...failed.map(({ source, ...failure }, index) =>
      row(source, `failed-${index}`, { state: 'failed', problem: storedFailure(failure) }),
    ),
    ...skipped.map(({ source, code, details }, index) => {
      const id = `kept-${index}`;
      if (code === 'output-kept' || code === 'own-output')
        return row(source, id, { notices: [{ code, details }] });
      if (code === 'duplicate' || code === 'already-done') return row(source, id, {});
      return row(source, id, { state: 'failed', problem: storedFailure({ code, details }) });
    }),
  ];
  const order = naturalOrder();
  return rows.sort((a, b) => order(a.folder, b.folder) || order(a.name, b.name));
}
