import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { BrokenCheckpoint } from '../../contract/train.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import { writeError } from '../../storage/write-error.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { readSealedFolder, writeSealedFolder } from './checkpoint-files.ts';

/** Checkpoints that are kept besides the best: if the last one is damaged, there is the one before. */
const KEPT = 2;

/** A training's checkpoints: folders numbered in the order they were written, each whole or not there. */
export class CheckpointStore {
  readonly #folder: string;
  #next = 1;
  #kept: { number: number; best: boolean }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes the folder and removes what a kill has left half written. A training that begins anew removes earlier
   * checkpoints too: they are of another one.
   * @throws AppError `permission-denied`, `output-folder-unusable`, `output-unwritable`
   */
  async open(anew: boolean): Promise<void> {
    try {
      await makeFolder(this.#folder, 0o700);
      for (const name of await readdir(this.#folder)) {
        const number = numberOf(name);
        if (/^\.checkpoint-\d+\.part$/.test(name) || (anew && number !== null)) {
          await rm(join(this.#folder, name), { recursive: true, force: true });
        } else if (number !== null) this.#next = Math.max(this.#next, number + 1);
      }
    } catch (error) {
      throw writeError(error, join(this.#folder, 'checkpoint'));
    }
  }

  /**
   * The last checkpoint that is whole, and those after it that are not; null where there has never been one.
   * @throws AppError `checkpoints-unusable` where there are some but none is whole
   */
  async latest(): Promise<{ checkpoint: Checkpoint; broken: readonly BrokenCheckpoint[] } | null> {
    const numbers = (await readdir(this.#folder)).flatMap((name) => numberOf(name) ?? []);
    const broken: BrokenCheckpoint[] = [];
    let latest: Checkpoint | null = null;
    for (const number of numbers.sort((a, b) => b - a)) {
      const folder = this.#pathOf(number);
      try {
        const checkpoint = decodeCheckpoint(await readSealedFolder(folder));
        this.#kept.unshift({ number, best: isBest(checkpoint) });
        latest ??= checkpoint;
      } catch (error) {
        // An older one may be half removed: nobody needs it.
        if (!latest) broken.push({ folder, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    if (latest) return { checkpoint: latest, broken };
    if (broken.length === 0) return null;
    const reason = phrase('checkpoints-broken', { count: broken.length, why: broken[0]!.reason });
    throw new AppError('checkpoints-unusable', { folder: this.#folder, reason });
  }

  /**
   * Writes one more and removes those that need not be kept.
   * @throws AppError of `writeSealedFolder`; the earlier ones stay
   */
  async save(checkpoint: Checkpoint): Promise<void> {
    const number = this.#next++;
    await writeSealedFolder(this.#pathOf(number), encodeCheckpoint(checkpoint));
    this.#kept.push({ number, best: isBest(checkpoint) });
    const lastBest = this.#kept.findLast((one) => one.best);
    this.#kept = this.#kept.filter((one, i) => i >= this.#kept.length - KEPT || one === lastBest);
    await this.#removeOthers();
  }

  /** A torn or altered one goes with the others once two newer ones are there. What can't be removed stays. */
  async #removeOthers(): Promise<void> {
    if (this.#kept.length < KEPT) return;
    const kept = new Set(this.#kept.map(({ number }) => number));
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const number = numberOf(name);
      if (number === null || kept.has(number)) continue;
      await rm(join(this.#folder, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }

  #pathOf(number: number): string {
    return join(this.#folder, `checkpoint-${String(number).padStart(6, '0')}`);
  }
}

/** Whether its averaged weights are the best so far. */
const isBest = ({ record, learner }: Checkpoint): boolean => record.best.found?.step === learner.step;

function numberOf(name: string): number | null {
  const match = /^checkpoint-(\d{1,15})$/.exec(name);
  return match ? Number(match[1]) : null;
}
