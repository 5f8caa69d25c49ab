import type { CleanedPicture, SkippedInput } from '../../contract/clean.ts';
import { AppError, failureOf, type Failure } from '../../contract/errors.ts';
import type { BatchState } from '../../contract/batch.ts';
import { megapixelTeller } from './megapixels.ts';
import type { Queue } from './queue.ts';
import { restingState, type Row } from './row.ts';

/** What a row is when a batch takes it. */
const taken = { state: 'waiting', fraction: 0, problem: null } as const;

/** What a picture takes beside its pixels, being opened, written, flushed and read back, as megapixels. */
const pictureCost = 0.1;

/** Work in megapixels, with what each picture costs beside its pixels. */
export interface BatchWork {
  /** Came of cleaning: what failed is left out, because it says nothing of speed. */
  readonly done: number;
  readonly left: number;
}

/** The rows of one batch: what becomes of each, and how much is done in all. */
export class BatchRows {
  readonly #queue: Queue;
  readonly #ids: readonly string[];
  /** As they were before, for a batch that cannot begin. */
  readonly #before: ReadonlyMap<string, Row>;

  constructor(queue: Queue, rows: readonly Row[]) {
    this.#queue = queue;
    this.#ids = rows.map(({ id }) => id);
    this.#before = new Map(rows.map((row) => [row.id, row]));
    for (const { id, own } of rows) queue.change(id, { ...taken, ...(own ? {} : { notices: [] }) });
  }

  get all(): Row[] {
    return this.#ids.flatMap((id) => this.#queue.get(id) ?? []);
  }

  /** Sources that nothing came of yet. */
  get open(): string[] {
    return this.all.filter(isOpen).map(({ source }) => source);
  }

  /** Rows whose header nobody read: a batch that has a row leaves no time for it. */
  get unread(): string[] {
    return this.all.filter(({ state }) => state === 'found').map(({ id }) => id);
  }

  /** The batch could not begin. */
  giveBack(): void {
    for (const now of this.all) {
      const { state, fraction, problem, notices } = this.#before.get(now.id) ?? now;
      // Its header may have been read meanwhile.
      const read = state === 'found' ? restingState({ ...now, problem }) : state;
      this.#queue.change(now.id, { state: read, fraction, problem, notices });
    }
  }

  started(source: string): void {
    this.#change(source, { state: 'working' });
  }

  progress(source: string, fraction: number): void {
    this.#change(source, { state: 'working', fraction });
  }

  done(picture: CleanedPicture): void {
    const { source, output, noiseFactor, notices, seconds, unchanged } = picture;
    const state = unchanged ? 'unchanged' : 'done';
    const outcome = { state, output, noiseFactor, notices, seconds: seconds.total } as const;
    this.#change(source, { ...outcome, fraction: 1, problem: null });
  }

  failed(source: string, problem: Failure): void {
    this.#change(source, { state: 'failed', problem, fraction: 0 });
  }

  /** What the plan, or the engine, passes over; `done` knows what an earlier run made. */
  skipped({ source, code, details }: SkippedInput, done: ReadonlyMap<string, CleanedPicture>): void {
    const picture = done.get(source);
    if (code === 'already-done') return picture && this.done(picture);
    if (code === 'duplicate') return this.#change(source, { state: 'kept' });
    if (code === 'output-kept' || code === 'own-output') {
      const own = code === 'own-output' ? { own: true } : {};
      return this.#change(source, { state: 'kept', notices: [{ code, details }], ...own });
    }
    this.failed(source, failureOf(new AppError(code, details)));
  }

  /** The batch is over: what it did not get to can be asked for again. */
  end(): void {
    for (const row of this.all.filter(isOpen)) {
      this.#queue.change(row.id, { state: restingState(row), fraction: 0 });
    }
  }

  /** How many became what, and megapixels in all and done: what is kept is no work, what failed is done with. */
  sum(): Pick<BatchState, 'counts' | 'megapixels' | 'megapixelsDone'> {
    const rows = this.all;
    const megapixelsOf = megapixelTeller(rows);
    const counts = { all: this.#ids.length, done: 0, unchanged: 0, failed: 0, kept: 0 };
    let megapixels = 0;
    let megapixelsDone = 0;
    for (const row of rows) {
      const { state } = row;
      if (state === 'done' || state === 'unchanged') counts.done++;
      if (state === 'unchanged') counts.unchanged++;
      else if (state === 'failed') counts.failed++;
      else if (state === 'kept') counts.kept++;
      if (state === 'kept') continue;
      const size = megapixelsOf(row);
      megapixels += size;
      megapixelsDone += size * shareDone(row);
    }
    return { counts, megapixels, megapixelsDone };
  }

  /** What the time that is left is told from. */
  work(): BatchWork {
    const rows = this.all;
    const megapixelsOf = megapixelTeller(rows);
    const work = { done: 0, left: 0 };
    for (const row of rows) {
      const { state } = row;
      if (state === 'kept' || state === 'failed') continue;
      const size = megapixelsOf(row);
      const done = isOpen(row) ? size * shareDone(row) : size + pictureCost;
      work.done += done;
      work.left += size + pictureCost - done;
    }
    return work;
  }

  #change(source: string, changes: Parameters<Queue['change']>[1]): void {
    const row = this.#queue.of(source);
    if (row) this.#queue.change(row.id, changes);
  }
}

function shareDone({ state, fraction }: Row): number {
  if (state === 'working') return fraction;
  return state === 'done' || state === 'unchanged' || state === 'failed' ? 1 : 0;
}

const isOpen = ({ state }: Row): boolean => state === 'waiting' || state === 'working';
