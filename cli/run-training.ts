import type { AppApi } from '../contract/app-api.ts';
import { AppError } from '../contract/errors.ts';
import type { JobEvent, JobSummary } from '../contract/jobs.ts';
import type { TrainingBegun, TrainingOutcome, TrainingProgress, Validation } from '../contract/train.ts';
import { verbatim } from '../contract/texts/fill-in.ts';
import { exitCodes, stoppedCode } from './exit-codes.ts';
import { followJob } from './follow-job.ts';
import { decibelText, durationText, longDurationText, lossText, rateText } from './numbers.ts';
import { shown } from './places.ts';
import { ProgressBar } from './progress-bar.ts';
import { say, sayFailure, sayVerdict, sayWords } from './say.ts';
import type { Session } from './session.ts';
import { Throttle } from './throttle.ts';

/** A step may have to end and the best weights be written; Ctrl-C once more ends at once. */
const trainingGraceMs = 30_000;

/** All that there is to say about a step fits on a line of 80 characters beside a bar of this width. */
const narrowBar = 8;

/** Without a terminal, one line in so many milliseconds, and one at each validation. */
const calmMs = 15_000;

/** Trains, tells about it, answers the exit code. */
export async function runTraining(session: Session, asked: TrainingOrder, json: boolean): Promise<number> {
  const told = json ? jsonTelling(session) : new TrainingView(session);
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
  else tellOutcome(session, outcome);
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

interface Telling {
  onEvent(event: JobEvent): void;
  stop(): void;
}

function jsonTelling({ output }: Session): Telling {
  return {
    onEvent: (event) => {
      if (event.type === 'training-begun') output.json(begunLine(event.jobId, event.begun));
      if (event.type === 'training') output.json(trainingLine(event.jobId, event.progress));
      if (event.type === 'engine-restarted') output.json({ ...event, reason: sayWords(event.reason) });
    },
    stop: () => {},
  };
}

const begunLine = (jobId: string, { training, validation, pinned }: TrainingBegun) => ({
  type: 'training-begun' as const,
  jobId,
  training,
  validation,
  pinned: pinned.map(({ file }) => file),
});

const trainingLine = (
  jobId: string,
  {
    validation, checkpoint, snapshot, resumed, backend, verdict, secondsSoFar: seconds, ...progress
  }: TrainingProgress,
) => ({
  type: 'training' as const,
  jobId,
  ...progress,
  seconds,
  psnr: validation?.psnr ?? null,
  ssim: validation?.ssim ?? null,
  noisyPsnr: validation?.noisyPsnr ?? null,
  noisySsim: validation?.noisySsim ?? null,
  blurPsnr: validation?.blurPsnr ?? null,
  blurSsim: validation?.blurSsim ?? null,
  best: validation?.best ?? null,
  verdict: verdict.code,
  ...(checkpoint ? { checkpoint: checkpoint.failure?.code ?? 'written' } : {}),
  ...(snapshot ? { snapshot: snapshot.failure?.code ?? 'kept' } : {}),
  ...(resumed ? { resumedAt: resumed.step } : {}),
  ...(backend ? { backend: backend.name } : {}),
}); // prettier-ignore

/** A training as a person watches it: a line at each validation, and a bar on a terminal. */
class TrainingView implements Telling {
  readonly #session: Session;
  readonly #bar: ProgressBar;
  readonly #calm = new Throttle(calmMs);
  #latest: TrainingProgress | null = null;
  #validation: Validation | null = null;

  constructor(session: Session) {
    this.#session = session;
    this.#bar = new ProgressBar(session, ({ bar }) => this.#barText(bar), narrowBar);
    this.#bar.start(1);
  }

  onEvent(event: JobEvent): void {
    const { output, host } = this.#session;
    if (event.type === 'engine-restarted') output.note(say('engine-restarted', { reason: event.reason }));
    if (event.type === 'training-begun') {
      const { training, validation } = event.begun;
      output.note(say('training-begun', { training, validation }));
    }
    if (event.type !== 'training') return;
    const { progress } = event;
    this.#tellNews(progress);
    this.#validation = progress.validation ?? this.#validation;
    this.#latest = progress;
    this.#bar.update(fractionOf(progress));
    if (progress.validation) output.line(validatedLine(progress, progress.validation));
    else if (!host.stderr.isTTY && this.#calm.due('step')) output.line(stepLine(progress));
  }

  stop(): void {
    this.#bar.stop();
  }

  /** What is told once, or where something has changed. */
  #tellNews({ checkpoint, snapshot, resumed, backend, validation, verdict }: TrainingProgress): void {
    const { output } = this.#session;
    if (backend?.name === 'wasm' && !this.#latest) {
      output.note(say('training-on-wasm', { reason: backend.instead, times: backend.times }));
    }
    if (resumed) output.note(say('training-resumed', { step: resumed.step }));
    if (checkpoint?.failure) {
      const { step, failure } = checkpoint;
      output.note(say('training-checkpoint-failed', { step, reason: sayFailure(failure) }));
    }
    if (snapshot?.failure) {
      const { step, failure } = snapshot;
      output.note(say('training-snapshot-failed', { step, reason: sayFailure(failure) }));
    }
    if (validation?.blurPsnr !== undefined && !this.#validation) {
      const [noisyPsnr, blurPsnr] = [decibelText(validation.noisyPsnr), decibelText(validation.blurPsnr)];
      output.note(say('training-lines', { noisyPsnr, blurPsnr }));
    }
    const said = this.#latest?.verdict.code ?? 'not-yet-known';
    if (verdict.code !== said && verdict.code !== 'not-yet-known') output.note(sayVerdict(verdict));
  }

  #barText(bar: string): string {
    if (!this.#latest) return say('bar-training-start', { bar });
    return say('bar-training', {
      bar,
      ...stepDetails(this.#latest),
      psnr: this.#validation ? decibelText(this.#validation.psnr) : '–',
    });
  }
}

const fractionOf = ({ step, steps }: TrainingProgress): number => (steps > 0 ? Math.min(1, step / steps) : 0);

const stepDetails = ({ step, steps, loss, stepsPerSecond, secondsLeft }: TrainingProgress) => ({
  step,
  steps,
  loss: lossText(loss),
  speed: rateText(stepsPerSecond),
  left: say('time-left', { time: longDurationText(secondsLeft) }),
});

const stepLine = (progress: TrainingProgress): string => say('training-step', stepDetails(progress));

const validatedLine = (progress: TrainingProgress, { psnr, noisyPsnr, best }: Validation): string =>
  say('training-validated', {
    ...stepDetails(progress),
    psnr: decibelText(psnr),
    noisyPsnr: decibelText(noisyPsnr),
    best: best ? say('training-best') : '',
  });

function tellOutcome({ output, host, palette }: Session, outcome: TrainingOutcome): void {
  for (const { file, reason } of outcome.leftOut) {
    output.note(say('training-left-out', { file: shown(file, host.cwd), reason }));
  }
  const { model, steps, pictures, validation } = outcome;
  const ended = outcome.stopped ? 'training-stopped' : 'training-done';
  output.line(palette.bold(say(ended, { model, steps, pictures, seconds: durationText(outcome.seconds) })));
  if (validation) {
    const { psnr, noisyPsnr } = validation;
    output.line(say('training-quality', { psnr: decibelText(psnr), noisyPsnr: decibelText(noisyPsnr) }));
    if (psnr <= noisyPsnr) output.line(say('training-worse', { model }));
  }
  if (outcome.endedBy) output.note(say('training-ended-early', { message: sayFailure(outcome.endedBy) }));
  output.line(say('training-folder', { folder: outcome.folder }));
  if (outcome.last)
    output.line(say('training-last', { folder: outcome.last.folder, step: outcome.last.step }));
  output.line(say('training-use', { model }));
}

function tellLines({ output }: Session, outcome: TrainingOutcome, exitCode: number): void {
  for (const { file, reason } of outcome.leftOut)
    output.json({ type: 'left-out', source: file, message: reason });
  const { model, folder, steps, seconds, pictures, stopped, validation, leftOut } = outcome;
  output.json({
    type: 'summary',
    model,
    folder,
    steps,
    seconds,
    pictures,
    leftOut: leftOut.length,
    stopped,
    endedBy: outcome.endedBy?.code ?? null,
    psnr: validation?.psnr ?? null,
    ssim: validation?.ssim ?? null,
    noisyPsnr: validation?.noisyPsnr ?? null,
    noisySsim: validation?.noisySsim ?? null,
    blurPsnr: validation?.blurPsnr ?? null,
    lastFolder: outcome.last?.folder ?? null,
    exitCode,
  });
}
