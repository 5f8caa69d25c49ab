import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanedPicture, PlannedPicture, SkippedInput } from '../../contract/clean.ts';
import type { Failure } from '../../contract/errors.ts';
import { Journal, readJournal } from '../../storage/journal.ts';
import type { KnownOutputs } from './known-outputs.ts';

type FailedPicture = { readonly source: string } & Failure;

/** A line of a batch's journal. `elapsed` is in seconds of work since its run began. */
type JournalLine =
  | { readonly type: 'run'; readonly at: string }
  | { readonly type: 'done'; readonly picture: CleanedPicture; readonly elapsed: number }
  | { readonly type: 'failed'; readonly failed: FailedPicture; readonly elapsed: number }
  | { readonly type: 'skipped'; readonly skipped: SkippedInput; readonly elapsed: number }
  | { readonly type: 'ended'; readonly elapsed: number };

/**
 * What came of each picture of a batch, durable before anyone is told. A later run of the same batch begins with
 * what is done.
 */
export class CleanRecord {
  readonly #journal: Journal;
  readonly #known: KnownOutputs;
  readonly #began = performance.now();
  readonly #done: Map<string, CleanedPicture>;
  readonly #failed = new Map<string, FailedPicture>();
  readonly #skipped: SkippedInput[] = [];
  readonly #secondsBefore: number;
  /** Seconds of this run in which nothing was done, because it was paused. */
  #rested = 0;
  /** Sources that an earlier run has done. */
  readonly doneBefore: ReadonlySet<string>;

  private constructor(journal: Journal, known: KnownOutputs, earlier: Earlier) {
    this.#journal = journal;
    this.#known = known;
    this.#done = earlier.done;
    this.#secondsBefore = earlier.seconds;
    this.doneBefore = new Set(earlier.done.keys());
  }

  static async open(folder: string, known: KnownOutputs): Promise<CleanRecord> {
    const path = join(folder, 'journal.jsonl');
    const earlier = await readEarlier(path);
    const record = new CleanRecord(await Journal.open(path), known, earlier);
    await record.#append({ type: 'run', at: new Date().toISOString() });
    return record;
  }

  get done(): readonly CleanedPicture[] {
    return [...this.#done.values()];
  }

  get failed(): readonly FailedPicture[] {
    return [...this.#failed.values()];
  }

  get skipped(): readonly SkippedInput[] {
    return this.#skipped;
  }

  /** Seconds of work in all runs. */
  get seconds(): number {
    return this.#secondsBefore + this.#elapsed;
  }

  /** So many seconds since the run began were a pause. */
  rest(seconds: number): void {
    this.#rested += seconds;
  }

  /** Paths of all results that are written down. */
  get outputs(): ReadonlySet<string> {
    return new Set(this.done.map(({ output }) => output));
  }

  /** Pictures of the plan of which nothing is known yet. */
  open(pictures: readonly PlannedPicture[]): PlannedPicture[] {
    const settled = new Set([
      ...this.#done.keys(),
      ...this.#failed.keys(),
      ...this.#skipped.map((one) => one.source),
    ]);
    return pictures.filter(({ source }) => !settled.has(source));
  }

  async addDone(picture: CleanedPicture): Promise<void> {
    // First among the results, then in the journal: what the journal calls done is always known as a result.
    await this.#known.remember(picture);
    await this.#append({ type: 'done', picture, elapsed: this.#elapsed });
    this.#done.set(picture.source, picture);
  }

  async addFailed(failed: FailedPicture): Promise<void> {
    this.#failed.set(failed.source, failed);
    await this.#append({ type: 'failed', failed, elapsed: this.#elapsed });
  }

  async addSkipped(skipped: SkippedInput): Promise<void> {
    this.#skipped.push(skipped);
    await this.#append({ type: 'skipped', skipped, elapsed: this.#elapsed });
  }

  async close(): Promise<void> {
    await this.#append({ type: 'ended', elapsed: this.#elapsed }).catch(() => {});
    await this.#journal.close();
  }

  get #elapsed(): number {
    return (performance.now() - this.#began) / 1000 - this.#rested;
  }

  #append(line: JournalLine): Promise<void> {
    return this.#journal.append(line);
  }
}

/** What earlier runs of a batch have done, by source. */
export async function doneBefore(folder: string): Promise<ReadonlyMap<string, CleanedPicture>> {
  return (await readEarlier(join(folder, 'journal.jsonl'))).done;
}

interface Earlier {
  readonly done: Map<string, CleanedPicture>;
  readonly seconds: number;
}

/** Results that are no longer where they were written count as not done. Failures are worth another try. */
async function readEarlier(path: string): Promise<Earlier> {
  const done = new Map<string, CleanedPicture>();
  let seconds = 0;
  let run = 0;
  for (const record of (await readJournal(path)).records) {
    if (!isLine(record)) continue;
    if (record.type === 'run') {
      seconds += run;
      run = 0;
      continue;
    }
    run = record.elapsed;
    if (record.type === 'done' && (await isStillThere(record.picture))) {
      done.set(record.picture.source, record.picture);
    }
  }
  return { done, seconds: seconds + run };
}

async function isStillThere({ output, outputBytes }: CleanedPicture): Promise<boolean> {
  const found = await lstat(output).catch(() => null);
  return found?.isFile() === true && found.size === outputBytes;
}

/** The journal is our own file; a line of another shape is from another version. */
function isLine(record: unknown): record is JournalLine {
  if (typeof record !== 'object' || record === null || !('type' in record)) return false;
  if (record.type === 'run') return true;
  if (!('elapsed' in record) || typeof record.elapsed !== 'number') return false;
  if (record.type !== 'done') return ['failed', 'skipped', 'ended'].includes(String(record.type));
  const picture = (record as { picture?: Partial<CleanedPicture> }).picture;
  return (
    typeof picture?.source === 'string' &&
    typeof picture.output === 'string' &&
    typeof picture.outputBytes === 'number'
  );
}
