import { randomBytes } from 'node:crypto';
import { open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanJob } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { partEnding } from '../../storage/leftovers.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import { writeError } from '../../storage/write-error.ts';
import { isInside } from '../inputs/walk.ts';

/** The folders a batch writes to: made when they are first needed, and tried before any work goes into a picture. */
export class OutputFolders {
  /** The folder below which the batch makes its own; null where results lie beside their sources. */
  readonly #out: string | null;
  /** The same for some sources only. It is the app's own, and is made with the first result. */
  readonly #elsewhere: string | null;
  readonly #jobId: string;
  readonly #prepared = new Map<string, Promise<void>>();

  constructor({ out, elsewhere }: Pick<CleanJob, 'out' | 'elsewhere'>, jobId: string) {
    this.#out = out;
    this.#elsewhere = out === null ? (elsewhere?.to ?? null) : null;
    this.#jobId = jobId;
  }

  /**
   * Makes the output folder of the batch and writes a trial file into it.
   * @throws AppError `output-folder-unusable`, `permission-denied`, `disk-full`
   */
  async open(): Promise<void> {
    if (this.#out === null) return;
    try {
      await makeFolder(this.#out);
    } catch (error) {
      throw await folderError(error, this.#out);
    }
    await this.prepare(this.#out);
  }

  /** All folders that were used so far. */
  get used(): readonly string[] {
    return [...this.#prepared.keys()];
  }

  /** Makes sure that a folder is there and can be written to. Each is tried once. */
  prepare(folder: string): Promise<void> {
    const known = this.#prepared.get(folder);
    if (known) return known;
    const prepared = this.#prepare(folder);
    this.#prepared.set(folder, prepared);
    return prepared;
  }

  async #prepare(folder: string): Promise<void> {
    // The output folder itself is not made a second time: when it is gone, its disk may be gone.
    if (this.#out !== null && folder !== this.#out) await this.#makeInside(this.#out, folder);
    if (this.#elsewhere !== null && isInside(folder, this.#elsewhere)) await makeFolder(folder, 0o700);
    await this.#write(folder);
  }

  /** Whether the output folder itself takes nothing any more. If it does, what failed below it is that folder's fault. */
  async isLost(): Promise<boolean> {
    if (this.#out === null) return false;
    return await this.#write(this.#out).then(
      () => false,
      () => true,
    );
  }

  async #write(folder: string): Promise<void> {
    const trial = join(folder, `.trial${partEnding(this.#jobId, randomBytes(4).toString('hex'))}`);
    try {
      await (await open(trial, 'wx')).close();
      await unlink(trial);
    } catch (error) {
      throw writeError(error, trial);
    }
  }

  async #makeInside(out: string, folder: string): Promise<void> {
    try {
      await stat(out);
      await makeFolder(folder);
    } catch (error) {
      throw await folderError(error, folder);
    }
  }
}

/** What cannot be made because a file is in the way says so; the rest is as with any write. */
async function folderError(error: unknown, folder: string): Promise<unknown> {
  const found = await stat(folder).catch(() => null);
  if (found && !found.isDirectory()) {
    return new AppError(
      'output-folder-unusable',
      { folder, reason: phrase('reason-not-a-folder') },
      { cause: error },
    );
  }
  return writeError(error, join(folder, 'picture'));
}
