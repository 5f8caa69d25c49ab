import { setTimeout as wait } from 'node:timers/promises';
import { AppError, failureOf, isCancelled } from '../../contract/errors.ts';
import type { JobSummary } from '../../contract/jobs.ts';
import { acquireLock, type Lock } from '../../storage/lock.ts';
import type { JobEvents } from '../job-events.ts';

/** What is known of a job while it is at work or waits for its turn. */
interface Active<H> {
  readonly handle: H;
  /** Settles when everything is written down and told. */
  readonly ended: Promise<void>;
}

export interface JobWork<H> {
  readonly jobId: string;
  /** By what it is stopped. */
  readonly handle: H;
  /** Held until its end. */
  readonly lock: Lock;
  /** It begins after this. */
  readonly after?: Promise<unknown>;
  readonly work: () => Promise<JobSummary>;
  /** In any case, before its end is told. */
  readonly tidy?: () => Promise<void>;
}

/** Jobs from their beginning to the summary that everybody hears of. */
export class ActiveJobs<H> {
  readonly #events: JobEvents;
  readonly #log: (line: string) => void;
  readonly #active = new Map<string, Active<H>>();

  constructor(events: JobEvents, log: (line: string) => void) {
    this.#events = events;
    this.#log = log;
  }

  get size(): number {
    return this.#active.size;
  }

  has(jobId: string): boolean {
    return this.#active.has(jobId);
  }

  get(jobId: string): H | null {
    return this.#active.get(jobId)?.handle ?? null;
  }

  /** Begins a job; the answer settles at its end, whatever that is. */
  begin({ jobId, handle, lock, after, work, tidy }: JobWork<H>): Promise<void> {
    const ended = (after ?? Promise.resolve())
      // The caller is to know the id before it hears of the job.
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(work)
      .catch((error: unknown): JobSummary => {
        const failure = failureOf(error);
        if (!isCancelled(error)) this.#log(`job ${jobId}: ${failure.message}`);
        return { kind: 'failed', ...failure };
      })
      .then(async (summary) => {
        this.#active.delete(jobId);
        await tidy?.();
        await lock.release();
        // Told last: whoever hears it may begin the same again.
        this.#events.emit({ type: 'summary', jobId, summary });
      });
    this.#active.set(jobId, { handle, ended });
    return ended;
  }

  /** Stops all jobs and waits until they are written down. */
  async close(stop: (handle: H) => void): Promise<void> {
    const all = [...this.#active.values()];
    for (const { handle } of all) stop(handle);
    await Promise.all(all.map(({ ended }) => ended));
  }
}

/** Whoever takes away what a dead run left has its lock for less than this. */
const tidyMs = 300;

/** @throws AppError `job-busy` when somebody else is at work on the same */
export async function lockJob(file: string): Promise<Lock> {
  const until = performance.now() + tidyMs;
  for (;;) {
    const attempt = await acquireLock(file);
    if (attempt.state === 'held') return attempt.lock;
    if (performance.now() > until) throw new AppError('job-busy', { pid: attempt.pid });
    await wait(20);
  }
}
