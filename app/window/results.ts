import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError } from '../../contract/errors.ts';
import { leftOutNote, type NoteLanguage } from '../../contract/texts/left-out.ts';
import type { ResultsFound } from '../../contract/batch.ts';
import { archiveNames } from './archive-names.ts';
import { inBatches } from '../inputs/in-batches.ts';
import { localDate } from '../naming/local-date.ts';
import type { BatchResults, FinishedBatches } from './finished-batches.ts';
import { zipStream } from './zip-stream.ts';

/** What became of a batch as one download, where the host cannot show files in their folders. */
export class Results {
  readonly #finished: FinishedBatches;

  constructor(finished: FinishedBatches) {
    this.#finished = finished;
  }

  /** What of a batch is there. @throws AppError `batch-not-found`, `results-not-found` when nothing is */
  async find(batch: string): Promise<ResultsFound> {
    return sumOf((await this.#finished.results(batch)).results);
  }

  /**
   * All that is there as one zip, in the folders it was added with; what is missing is told in it.
   * @throws AppError `batch-not-found`, `results-not-found`
   */
  async archive(
    batch: string,
    language: NoteLanguage,
  ): Promise<{ readonly name: string; readonly stream: Readable }> {
    const { results, finished } = await this.#finished.results(batch);
    await sumOf(results);
    const names = archiveNames(results);
    const files = results.map(({ path }, index) => ({ path, name: names[index]! }));
    const stream = zipStream(files, (shortcomings) => leftOutNote(language, shortcomings));
    return { name: `unspeckle-${minuteOf(finished)}.zip`, stream };
  }
}

/** @throws AppError `results-not-found` when none is there */
async function sumOf(results: BatchResults['results']): Promise<ResultsFound> {
  const sizes = await inBatches(results, ({ path }) => sizeOf(path));
  const there = sizes.filter((size) => size !== null);
  if (there.length === 0) throw new AppError('results-not-found');
  const bytes = there.reduce((sum, size) => sum + size, 0);
  return { pictures: there.length, bytes, gone: sizes.length - there.length };
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}

/** By the clock on the wall, as a part of a name: 2025-01-31-1405. */
function minuteOf(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${localDate(time)}-${two(time.getHours())}${two(time.getMinutes())}`;
}
