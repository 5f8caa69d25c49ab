import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cleanJob } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import type { CleanReport } from '../../contract/jobs.ts';
import { phrase, type Phrase, saidBy } from '../../contract/texts/fill-in.ts';
import { readText, writeDurable, writeJson } from '../../storage/durable-json.ts';
import { systemCode } from '../../storage/write-error.ts';
import { readError } from '../inputs/read-error.ts';
import type { StoredCleanJob } from '../jobs/job-store.ts';
import type { CleanRecord } from './clean-record.ts';
import type { CleanRun } from './clean-run.ts';
import { reportText } from './report-text.ts';

export function makeReport(stored: StoredCleanJob, record: CleanRecord, run: CleanRun): CleanReport {
  const { done, failed } = record;
  return {
    version: 1,
    jobId: stored.jobId,
    job: stored.job,
    appVersion: stored.appVersion,
    started: stored.started,
    finished: new Date().toISOString(),
    stopped: run.stopped,
    ...(run.endedBy ? { endedBy: run.endedBy } : {}),
    done,
    failed,
    skipped: [...stored.plan.skipped, ...record.skipped],
    pending: record.open(stored.plan.pictures).length,
    megapixels: done.reduce((sum, { megapixels }) => sum + megapixels, 0),
    seconds: record.seconds,
  };
}

/** `report.json` and, for reading, `report.txt`. @returns the path of the former */
export async function writeReport(folder: string, report: CleanReport): Promise<string> {
  const file = join(folder, 'report.json');
  await writeJson(file, report);
  await writeDurable(join(folder, 'report.txt'), reportText(report));
  return file;
}

/**
 * Copies a report to where it was asked for: whole or not at all, also when the power fails.
 * @throws AppError `disk-full`, `output-folder-unusable`, `output-unwritable`
 */
export async function copyReport(from: string, to: string): Promise<void> {
  await writeDurable(to, await readFile(from));
}

/** Only what is needed to run it again is checked closely; the rest is for reading. */
const schema = z.looseObject({
  version: z.literal(1),
  jobId: z.string(),
  job: cleanJob,
  appVersion: z.string(),
  started: z.string(),
  finished: z.string(),
  stopped: z.boolean(),
  done: z.array(z.looseObject({ source: z.string(), output: z.string() })),
  failed: z.array(z.looseObject({ source: z.string(), code: z.string() })),
  skipped: z.array(z.looseObject({ source: z.string(), code: z.string() })),
  pending: z.int().min(0),
  megapixels: z.number(),
  seconds: z.number(),
});

/** @throws AppError `path-not-found`, `permission-denied`, `report-invalid` */
export async function readReport(file: string): Promise<CleanReport> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (systemCode(error) !== null) throw readError(error, file);
    throw new AppError('report-invalid', { file, reason: reasonOf(error) }, { cause: error });
  }
  try {
    return schema.parse(JSON.parse(text)) as unknown as CleanReport;
  } catch (error) {
    throw new AppError('report-invalid', { file, reason: reasonOf(error) }, { cause: error });
  }
}

function reasonOf(error: unknown): Phrase {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return phrase('reason-report-field', { place: issue?.path.join('.') || 'report' });
  }
  if (error instanceof SyntaxError) return phrase('reason-not-a-report');
  return saidBy(error);
}
