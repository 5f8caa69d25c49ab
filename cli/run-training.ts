import type { AppApi } from '../contract/app-api.ts';
import { AppError } from '../contract/errors.ts';
import type { JobSummary } from '../contract/jobs.ts';
import type { TrainingOutcome } from '../contract/train.ts';
import { verbatim } from '../contract/texts/fill-in.ts';
import { exitCodes, stoppedCode } from './exit-codes.ts';
import { followJob } from './follow-job.ts';
import { say } from './say.ts';
import type { Session } from './session.ts';
import { jsonTelling, tellLines } from './training-json.ts';
import { tellOutcome, TrainingView } from './training-view.ts';

/** A step may have to end and the best weights be written; Ctrl-C once more ends at once. */
const trainingGraceMs = 30_000;

/** Trains, tells about it, answers the exit code. */
export async function runTraining(session: Session, asked: TrainingOrder, json: boolean): Promise<number> {
  const blind = asked.config.pictures?.kind === 'noisy';
  const told = json ? jsonTelling(session) : new TrainingView(session, blind);
  let summary: JobSummary;
  try {
    summary = await followJob(session, {
      start: (api) => api.startTraining(asked),
      onEvent: (event) => told.onEvent(event),
      graceMs: trainingGraceMs,
      onStopping: () => {
        if (!session.output.closed) session.output.note(say('training-stopping'));
      },
    });
  } finally {
    told.stop();
  }
  const outcome = outcomeOf(summary);
  const exitCode = codeOfTraining(session, outcome);
  if (json) tellLines(session, outcome, exitCode);
  else tellOutcome(session, outcome, blind);
  return exitCode;
}

/** As of a batch: all done, some pictures could not be used or it ended early, or it was stopped. */
function codeOfTraining({ stopping }: Session, { stopped, endedBy, leftOut }: TrainingOutcome): number {
  if (stopped) return stoppedCode(stopping.by ?? 'SIGTERM');
  return endedBy || leftOut.length > 0 ? exitCodes.someFailed : exitCodes.allDone;
}

/** A training as it is asked of the app. */
export type TrainingOrder = Parameters<AppApi['startTraining']>[0];

function outcomeOf(summary: JobSummary): TrainingOutcome {
  switch (summary.kind) {
    case 'train':
      return summary.outcome;
    case 'failed':
      throw new AppError(summary.code, summary.details);
    case 'paused':
      throw new AppError('cancelled');
    case 'clean':
      throw new AppError('internal', { reason: verbatim('a training ended as a batch') });
  }
}
