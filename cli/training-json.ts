import type { TrainingBegun, TrainingOutcome, TrainingProgress } from '../contract/train.ts';
import { sayWords } from './say.ts';
import type { Session } from './session.ts';
import type { Telling } from './training-view.ts';

/** A training as lines of JSON. */
export function jsonTelling({ output }: Session): Telling {
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
    validation, start, checkpoint, snapshot, resumed, backend, verdict, secondsSoFar: seconds, ...progress
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
  startPsnr: (validation ?? start)?.startPsnr ?? null,
  startSsim: (validation ?? start)?.startSsim ?? null,
  best: validation?.best ?? null,
  verdict: verdict.code,
  ...(checkpoint ? { checkpoint: checkpoint.failure?.code ?? 'written' } : {}),
  ...(snapshot ? { snapshot: snapshot.failure?.code ?? 'kept' } : {}),
  ...(resumed ? { resumedAt: resumed.step } : {}),
  ...(backend ? { backend: backend.name } : {}),
}); // prettier-ignore

/** What came of it: pictures left out, and the summary. */
export function tellLines({ output }: Session, outcome: TrainingOutcome, exitCode: number): void {
  for (const { file, reason } of outcome.leftOut)
    output.json({ type: 'left-out', source: file, message: sayWords(reason) });
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
    startPsnr: validation?.startPsnr ?? null,
    startSsim: validation?.startSsim ?? null,
    lastFolder: outcome.last?.folder ?? null,
    exitCode,
  });
}
