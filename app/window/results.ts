import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError } from '../../contract/errors.ts';
import { leftOutNote, type NoteLanguage } from '../../contract/texts/left-out.ts';
import type { ResultsFound } from '../../contract/batch.ts';
import { archiveNames } from './archive-names.ts';
import type { FinishedBatches } from './finished-batches.ts';
import { zipStream } from './zip-stream.ts';

/** Looks at so many files at once. */
const together = 32;

/** What became of a batch as one download, where the host cannot show files in their folders. */
export class Results {
  readonly #finished: FinishedBatches;

  constructor(finished: FinishedBatches) {
    this.#finished = finished;
  }

  /** What of a batch is there. @throws AppError `batch-not-found`, `results-not-found` when nothing is */
  async find(batch: string): Promise<ResultsFound> {
    const { results } = await this.#finished.results(batch);
    const sum = { pictures: 0, bytes: 0, gone: 0 };
    for (let at = 0; at < results.length; at += together) {
      const sizes = await Promise.all(results.slice(at, at + together).map(({ path }) => sizeOf(path)));
      for (const size of sizes) {
        if (size === null) sum.gone++;
        else [sum.pictures, sum.bytes] = [sum.pictures + 1, sum.bytes + size];
      }
    }
    if (sum.pictures === 0) throw new AppError('results-not-found');
    return sum;
  }

  /**
   * All that is there as one zip, in the folders it was added with; what is missing is told in it.
   * @throws AppError `batch-not-found`, `results-not-found`
   */
  async archive(
    batch: string,
    language: NoteLanguage,
  ): Promise<{ readonly name: string; readonly stream: Readable }> {
    await this.find(batch);
    const { results, finished } = await this.#finished.results(batch);
    const names = archiveNames(results);
    const files = results.map(({ path }, index) => ({ path, name: names[index]! }));
    const stream = zipStream(files, (shortcomings) => leftOutNote(language, shortcomings));
    return { name: `unspeckle-${minuteOf(finished)}.zip`, stream };
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}

/** By the clock on the wall, as a part of a name: 2025-01-31-1405. */
function minuteOf(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}-${two(time.getHours())}${two(time.getMinutes())}`;
}
