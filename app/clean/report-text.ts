import type { SkippedInput } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import type { CleanReport } from '../../contract/jobs.ts';
import { noticeTexts } from '../../contract/texts/en.ts';
import { fillIn } from '../../contract/texts/fill-in.ts';
import { say } from '../wording.ts';

/** A report for a person to read, line by line. */
export function reportText(report: CleanReport): string {
  const { done, failed, skipped, pending } = report;
  const counts = { done: done.length, failed: failed.length, skipped: skipped.length, pending };
  return [
    say('report-title', { version: report.appVersion, jobId: report.jobId }),
    say('report-time', {
      started: report.started,
      finished: report.finished,
      seconds: report.seconds.toFixed(1),
    }),
    say('report-counts', counts),
    ...(report.stopped ? [say('report-stopped')] : []),
    ...(report.endedBy ? [say('report-ended', { message: report.endedBy.message })] : []),
    ...section(say('report-heading-done'), done.flatMap(doneLines)),
    ...section(
      say('report-heading-failed'),
      failed.map(({ message }) => say('report-failed', { message })),
    ),
    ...section(
      say('report-heading-skipped'),
      skipped.map((one) => say('report-skipped', { source: one.source, reason: reasonOf(one) })),
    ),
  ]
    .map((line) => `${escapeControls(line)}\n`)
    .join('');
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', heading, ...lines.map((line) => `  ${line}`)] : [];
}

function doneLines(picture: CleanReport['done'][number]): string[] {
  const line = say('report-done', {
    source: picture.source,
    output: picture.output,
    factor: picture.noiseFactor.toFixed(3),
    seconds: picture.seconds.total.toFixed(1),
  });
  const notices = picture.notices.map(({ code, details }) =>
    say('report-notice', { notice: fillIn(noticeTexts[code], details) }),
  );
  return [line, ...notices];
}

function reasonOf({ code, details }: SkippedInput): string {
  if (code === 'output-kept' || code === 'own-output' || code === 'duplicate' || code === 'already-done') {
    return say(`report-skip-${code}`);
  }
  return new AppError(code, details).message;
}

/** A file name may hold line breaks and terminal codes; a line of the report is one line. */
function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (control) => {
    const code = control.charCodeAt(0);
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
