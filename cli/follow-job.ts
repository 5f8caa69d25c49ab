import type { AppApi } from '../contract/app-api.ts';
import { AppError } from '../contract/errors.ts';
import type { JobEvent, JobSummary } from '../contract/jobs.ts';
import type { Session } from './session.ts';

export interface JobWatch {
  start(api: AppApi): Promise<{ jobId: string }>;
  onEvent(event: JobEvent): void;
  /** How long the job may take to end after it was asked to stop. */
  readonly graceMs: number;
  /** Called when stopping is asked for and waited on. */
  onStopping(): void;
}

/**
 * Starts a job and follows it to its summary. When the person stops it, the job is cancelled and its summary is
 * still waited for, at most `graceMs`.
 * @throws AppError `cancelled` when it was stopped before there was anything to sum up
 */
export async function followJob(session: Session, watch: JobWatch): Promise<JobSummary> {
  const { stopping } = session;
  const { promise: ended, resolve, reject } = settleable<JobSummary>();
  const early: JobEvent[] = [];
  let jobId: string | null = null;

  const take = (event: JobEvent): void => {
    if (event.jobId !== jobId) return;
    if (event.type === 'summary') resolve(event.summary);
    else watch.onEvent(event);
  };
  const unsubscribe = session.app.subscribe((event) => {
    try {
      if (jobId === null) early.push(event);
      else take(event);
    } catch (thrown) {
      reject(thrown);
    }
  });

  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    watch.onStopping();
    if (jobId !== null) session.app.api.cancelJob({ jobId }).catch(reject);
    timer = setTimeout(() => reject(new AppError('cancelled')), watch.graceMs);
  };
  try {
    const started = await stopping.race(watch.start(session.app.api));
    jobId = started.jobId;
    early.forEach(take);
    if (stopping.signal.aborted) stop();
    else stopping.signal.addEventListener('abort', stop, { once: true });
    return await ended;
  } finally {
    clearTimeout(timer);
    stopping.signal.removeEventListener('abort', stop);
    unsubscribe();
  }
}

function settleable<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject as (reason: unknown) => void;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
