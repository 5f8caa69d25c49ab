import { extname, join } from 'node:path';
import type {
  CleanedPicture,
  CleanPlan,
  CleanSettings,
  PlannedPicture,
  SkippedInput,
} from '../contract/clean.ts';
import type { Failure } from '../contract/errors.ts';
import { extensionLike, imageFormats, type ImageFormat } from '../contract/image.ts';
import type { CleanReport, JobEvent } from '../contract/jobs.ts';
import { secondsOn } from './picture-time.ts';
import { sayNotice, sayWords } from './say.ts';
import { skipReason } from './skip-reasons.ts';

/**
 * The lines of `--json`: flat objects, each with a `type`. Paths are absolute, amounts are in the unit their
 * name says (seconds, bytes, megapixels), noise factors are standard deviations on the [0, 1] scale. Fields are
 * added over time, never renamed; `cli/README.md` lists them.
 */

export const plannedLine = (
  jobId: string | null,
  picture: PlannedPicture,
  place: { index: number; pictures: number; settings: CleanSettings },
) => ({
  type: 'planned' as const,
  jobId,
  index: place.index,
  pictures: place.pictures,
  source: picture.source,
  output: expectedOutput(picture, place.settings),
  bytes: picture.bytes,
});

export const skippedLine = (jobId: string | null, skipped: SkippedInput) => ({
  type: 'skipped' as const,
  jobId,
  source: skipped.source,
  code: skipped.code,
  message: skipReason(skipped),
});

export const failedLine = (jobId: string | null, source: string, { code, message }: Failure) => ({
  type: 'failed' as const,
  jobId,
  source,
  code,
  message,
});

const doneLine = (jobId: string, picture: CleanedPicture) => ({
  type: 'done' as const,
  jobId,
  source: picture.source,
  output: picture.output,
  width: picture.width,
  height: picture.height,
  pages: picture.pages,
  megapixels: picture.megapixels,
  format: picture.format,
  bitDepth: picture.bitDepth,
  model: picture.model,
  backend: picture.backend,
  noiseFactor: picture.noiseFactor,
  noiseFactorSource: picture.noiseFactorSource,
  unchanged: picture.unchanged,
  notices: picture.notices.map(({ code }) => code),
  noticeTexts: picture.notices.map(sayNotice),
  seconds: secondsOn(picture),
  totalSeconds: picture.seconds.total,
  decodeSeconds: picture.seconds.decode,
  estimateSeconds: picture.seconds.estimate,
  networkSeconds: picture.seconds.network,
  encodeSeconds: picture.seconds.encode,
  writeSeconds: picture.seconds.write,
  megapixelsPerSecond: rate(picture.megapixels, secondsOn(picture)),
  outputBytes: picture.outputBytes,
  outputSha256: picture.outputSha256,
  sourceSha256: picture.sourceSha256,
});

export const batchSummaryLine = (report: CleanReport, reportFile: string, exitCode: number) => ({
  type: 'summary' as const,
  jobId: report.jobId,
  done: report.done.length,
  failed: report.failed.length,
  skipped: report.skipped.length,
  pending: report.pending,
  unchanged: report.done.filter(({ unchanged }) => unchanged).length,
  stopped: report.stopped,
  endedBy: report.endedBy?.code ?? null,
  megapixels: report.megapixels,
  seconds: report.seconds,
  megapixelsPerSecond: rate(report.megapixels, report.seconds),
  out: report.job.out,
  report: reportFile,
  exitCode,
});

export const planSummaryLine = (plan: CleanPlan, exitCode: number) => ({
  type: 'summary' as const,
  dryRun: true,
  planned: plan.pictures.length,
  skipped: plan.skipped.length,
  exitCode,
});

/** The lines of one event of a batch; none for what has a line of its own at the end. */
export function linesOf(event: JobEvent, settings: CleanSettings): object[] {
  switch (event.type) {
    case 'planned':
      return planLines(event.jobId, event.plan, settings);
    case 'started':
    case 'progress':
      return [{ ...event }];
    case 'done':
      return [doneLine(event.jobId, event.picture)];
    case 'failed':
      return [failedLine(event.jobId, event.source, event)];
    case 'skipped':
      return [skippedLine(event.jobId, event.skipped)];
    case 'engine-restarted':
      return [{ type: 'engine-restarted', jobId: event.jobId, reason: sayWords(event.reason) }];
    case 'training-begun':
    case 'training':
    case 'summary':
      return [];
  }
}

export function planLines(jobId: string | null, plan: CleanPlan, settings: CleanSettings): object[] {
  const { pictures, skipped } = plan;
  return [
    ...pictures.map((picture, index) =>
      plannedLine(jobId, picture, { index: index + 1, pictures: pictures.length, settings }),
    ),
    ...skipped.map((one) => skippedLine(jobId, one)),
  ];
}

/**
 * The file a planned picture is expected to become. With `--format same` the format goes by what the file holds,
 * which is not known before it is opened; here it goes by its name.
 */
export function expectedOutput({ source, folder, stem }: PlannedPicture, { format }: CleanSettings): string {
  return join(folder, `${stem}.${extensionLike(source, format === 'same' ? formatByName(source) : format)}`);
}

function formatByName(source: string): ImageFormat {
  const ending = extname(source).slice(1);
  return imageFormats.find((format) => extensionLike(source, format) === ending) ?? 'png';
}

const rate = (megapixels: number, seconds: number): number | null =>
  seconds > 0 ? megapixels / seconds : null;
