import { copyReport } from '../app/clean/report.ts';
import { firstFreeName } from '../app/naming/first-free-name.ts';
import type { CleanJob } from '../contract/clean.ts';
import { AppError } from '../contract/errors.ts';
import type { JobEvent, JobSummary } from '../contract/jobs.ts';
import { verbatim } from '../contract/texts/fill-in.ts';
import { BatchView } from './batch-view.ts';
import { batchSummaryLine, linesOf, planLines, planSummaryLine, expectedOutput } from './clean-lines.ts';
import { codeOfReport, codeOfCounts, isTrouble, stoppedCode } from './exit-codes.ts';
import { followJob } from './follow-job.ts';
import { shown } from './places.ts';
import { checkReportPlace } from './report-file.ts';
import { say } from './say.ts';
import type { Session } from './session.ts';
import { skipText } from './skip-reasons.ts';
import { Throttle } from './throttle.ts';

export interface BatchRequest {
  readonly job: CleanJob;
  readonly resume: boolean;
  readonly json: boolean;
  /** Where a copy of the report goes, absolute; null for none. */
  readonly report: string | null;
}

/** A batch that was stopped ends within 2 s, whatever the engine is at. */
export const batchGraceMs = 1800;

/** Cleans a batch and tells about it. Answers the exit code. */
export async function runBatch(session: Session, request: BatchRequest): Promise<number> {
  const { job, report } = request;
  if (report !== null) await checkReportPlace(report, job);
  const told = request.json ? jsonTelling(session, job) : viewTelling(session);
  let summary: JobSummary;
  try {
    summary = await followJob(session, {
      start: (api) => api.startClean({ job, resume: request.resume }),
      onEvent: (event) => told.onEvent(event),
      graceMs: batchGraceMs,
      onStopping: () => tellStopping(session),
    });
  } finally {
    told.stop();
  }
  const ended = batchEnd(summary);
  if (report !== null) {
    // A result may have got its name meanwhile.
    await checkReportPlace(report, job);
    await copyReport(ended.reportFile, report);
  }
  const place = report ?? ended.reportFile;
  const exitCode = codeOfBatch(session, ended);
  if (request.json) session.output.json(batchSummaryLine(ended.report, place, exitCode));
  else told.view?.summarise(ended.report, place, report !== null);
  return exitCode;
}

/** Shows what a batch would do, and writes nothing. */
export async function showPlan(session: Session, job: CleanJob, json: boolean): Promise<number> {
  const { output, host } = session;
  const plan = await session.call((api) => api.planClean({ job }));
  const troubles = plan.skipped.filter((one) => isTrouble(one, job.inputs)).length;
  const exitCode = codeOfCounts(plan.pictures.length, troubles);
  if (json) {
    for (const line of planLines(null, plan, job.settings)) output.json(line);
    output.json(planSummaryLine(plan, exitCode));
    return exitCode;
  }
  for (const picture of plan.pictures) {
    const source = shown(picture.source, host.cwd);
    const wanted = expectedOutput(picture, job.settings);
    const found = job.settings.onConflict === 'rename' ? await firstFreeName(wanted) : wanted;
    output.line(say('plan-picture', { source, output: shown(found, host.cwd) }));
  }
  for (const one of plan.skipped) {
    output.line(skipText(one, job.inputs, host.cwd));
  }
  const counts = {
    pictures: plan.pictures.length,
    failed: troubles,
    skipped: plan.skipped.length - troubles,
  };
  output.line(say(troubles > 0 ? 'plan-summary-failed' : 'plan-summary', counts));
  if (job.settings.format === 'same' && plan.pictures.length > 0) output.line(say('plan-extension'));
  return exitCode;
}

/** The report of a batch that came to an end. @throws AppError what made the whole batch fail */
export function batchEnd(summary: JobSummary): Extract<JobSummary, { kind: 'clean' }> {
  switch (summary.kind) {
    case 'clean':
      return summary;
    case 'failed':
      throw new AppError(summary.code, summary.details);
    case 'train':
    case 'paused':
      throw new AppError('internal', { reason: verbatim('a batch ended as a training') });
  }
}

function codeOfBatch(session: Session, { report }: Extract<JobSummary, { kind: 'clean' }>): number {
  return report.stopped ? stoppedCode(session.stopping.by ?? 'SIGTERM') : codeOfReport(report);
}

export function tellStopping(session: Session): void {
  if (!session.output.closed) session.output.note(say('stopping'));
}

/** How the events of a batch are told; `stop` when they end. */
interface Telling {
  readonly view: BatchView | null;
  onEvent(event: JobEvent): void;
  stop(): void;
}

function viewTelling(session: Session): Telling {
  const view = new BatchView(session);
  return { view, onEvent: (event) => view.onEvent(event), stop: () => view.stop() };
}

/** At most so many progress lines a second for one picture. */
const progressPerSecond = 4;

function jsonTelling({ output }: Session, job: CleanJob): Telling {
  const throttle = new Throttle(1000 / progressPerSecond);
  // A skip of the plan may come as an event too; it is told once.
  const skips = new Set<string>();
  const isNew = (line: object): boolean => {
    const { type, source } = line as { type: string; source?: string };
    if (type !== 'skipped' || source === undefined) return true;
    if (skips.has(source)) return false;
    skips.add(source);
    return true;
  };
  return {
    view: null,
    onEvent: (event) => {
      const lines = linesOf(event, job.settings).filter(isNew);
      if (event.type !== 'progress') lines.forEach((line) => output.json(line));
      else if (throttle.due(event.source)) lines.forEach((line) => output.jsonIfKeepingUp(line));
    },
    stop: () => {},
  };
}
