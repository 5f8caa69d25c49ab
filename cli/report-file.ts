import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readFileHead } from '../app/inputs/file-head.ts';
import { isInside } from '../app/inputs/walk.ts';
import type { CleanJob } from '../contract/clean.ts';
import { AppError } from '../contract/errors.ts';
import { phrase, type Phrase, saidBy } from '../contract/texts/fill-in.ts';
import { invalid, quoted } from './arguments.ts';
import { say } from './say.ts';

/**
 * Checks that the report can be written: the folder is there, and the file is absent or a report of an earlier run.
 * Nothing else is replaced unless overwriting was asked for; and then no source and no picture, which may be a result.
 */
export async function checkReportPlace(file: string, job: CleanJob): Promise<void> {
  const folder = dirname(file);
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('not a folder');
  } catch {
    throw invalid('--report', say('expect-report-place'), quoted(file));
  }
  try {
    await access(folder, constants.W_OK);
  } catch (thrown) {
    throw new AppError('output-folder-unusable', { folder, reason: reasonOf(thrown) });
  }
  if (job.inputs.includes(file)) throw new AppError('output-is-input', { file });
  await checkNothingIsLost(file, job);
}

async function checkNothingIsLost(file: string, job: CleanJob): Promise<void> {
  let there;
  try {
    there = await stat(file);
  } catch {
    return;
  }
  if (there.isDirectory()) throw invalid('--report', say('expect-report-place'), quoted(file));
  if (!there.isFile()) throw new AppError('not-a-regular-file', { file, kind: phrase('kind-unknown') });
  if (await isReport(file, there.size)) return;
  if (job.settings.onConflict !== 'overwrite') throw new AppError('output-exists', { file });
  if ((await liesInInput(file, job)) || (await readFileHead(file)).format !== null) {
    throw new AppError('output-is-input', { file });
  }
}

async function liesInInput(file: string, { inputs }: CleanJob): Promise<boolean> {
  const place = join(await realpath(dirname(file)), basename(file));
  const inside = async (input: string) => isInside(place, await realpath(input).catch(() => input));
  return (await Promise.all(inputs.map(inside))).includes(true);
}

/** Reports of a million pictures are larger than any other file one would call a report by mistake. */
const largestReport = 1e9;

async function isReport(file: string, bytes: number): Promise<boolean> {
  if (bytes > largestReport) return false;
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof content === 'object' && content !== null && 'jobId' in content && 'job' in content;
  } catch {
    return false;
  }
}

const reasonOf = (thrown: unknown): Phrase => {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : null;
  return code === null ? saidBy(thrown) : phrase('reason-system', { code });
};
