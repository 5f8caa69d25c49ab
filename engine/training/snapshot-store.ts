import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { SnapshotReport } from '../../contract/train.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import {
  keptFile,
  mostSnapshots,
  mostWeightBytes,
  pinnedFolder,
  snapshotFolder,
  snapshotStep,
} from '../../contract/snapshots.ts';
import type { FloatImage } from '../../model/image.ts';
import { answer } from '../../model/training/validate.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import { writeError } from '../../storage/write-error.ts';
import { drawContactSheet } from '../images/contact-sheet.ts';
import { saveModel, type CardToBe } from '../models/save.ts';
import { pngOfPixels } from '../views/png-of-pixels.ts';
import { writeSealedFolder } from './checkpoint-files.ts';
import type { Pinned } from './pinned.ts';
import { thinned } from './thin.ts';

/** Between pictures and around them in a strip, in pixels. */
const STRIP_GAP = 6;
/** Weights that are kept however large they are: the best, and the last two. */
const LEAST_WEIGHTS = 3;

/**
 * The pinned pictures as they are, and after each checkpoint, in a training's folder: of each checkpoint a whole model
 * (averaged weights and card) with its pictures beside it, so that what is liked by eye can be kept. Of many checkpoints
 * some are let go, evenly over the steps; of large networks fewer weights are kept than pictures.
 */
export class SnapshotStore {
  readonly #folder: string;
  readonly #pinned: readonly Pinned[];
  /** Of the last step, which is asked for twice where it is the best. */
  #drawn: { readonly step: number; readonly files: Record<string, Uint8Array> } | null = null;

  constructor(folder: string, pinned: readonly Pinned[]) {
    this.#folder = folder;
    this.#pinned = pinned;
  }

  /**
   * Makes the folder with the pictures as they are; removes what is left of a step beyond which nothing was kept, and of
   * another training.
   * @param step where the training stands; null begins anew
   * @throws AppError of `writeSealedFolder`
   */
  async open(step: number | null): Promise<void> {
    try {
      await makeFolder(this.#folder, 0o700);
      for (const name of await readdir(this.#folder)) {
        const of = snapshotStep(name);
        const stale = step === null ? of !== null || name === pinnedFolder : of !== null && of > step;
        if (stale || name.startsWith('.'))
          await rm(join(this.#folder, name), { recursive: true, force: true });
      }
      const place = join(this.#folder, pinnedFolder);
      if (await exists(place)) return;
      const files: Record<string, Uint8Array> = {};
      for (const [i, { noisy, clean }] of this.#pinned.entries()) {
        files[`noisy-${i}.png`] = await pngOf(noisy);
        if (clean) files[`clean-${i}.png`] = await pngOf(clean);
      }
      const pictures = this.#pinned.map(({ picture }) => picture);
      files['pinned.json'] = Buffer.from(JSON.stringify({ version: 1, pictures }));
      await writeSealedFolder(place, files);
    } catch (error) {
      throw writeError(error, this.#folder);
    }
  }

  /** Before and after as one picture, for a model's folder; nothing where there is no picture to show. */
  async strip(network: tf.LayersModel, step: number): Promise<Record<string, Uint8Array>> {
    const { 'before-after.png': strip } = await this.#draw(network, step);
    return strip ? { 'before-after.png': strip } : {};
  }

  /**
   * Keeps a checkpoint to be looked at. A disk that is full, or anything else that hinders it, is only told.
   * @param best step of the best weights so far
   */
  async take(
    network: tf.LayersModel,
    step: number,
    card: CardToBe,
    best: number | null,
  ): Promise<SnapshotReport> {
    const place = join(this.#folder, snapshotFolder(step));
    try {
      await saveModel(network, card, place, await this.#draw(network, step));
      await this.#letGo(place, step, best);
      return { step, failure: null };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { step, failure: failureOf(error) };
    }
  }

  async #draw(network: tf.LayersModel, step: number): Promise<Record<string, Uint8Array>> {
    if (this.#drawn?.step === step) return this.#drawn.files;
    const files: Record<string, Uint8Array> = {};
    const rows = [];
    for (const [i, { noisy, clean, told }] of this.#pinned.entries()) {
      const after = { ...noisy, samples: await answer(network, noisy, told) };
      files[`after-${i}.png`] = await pngOf(after);
      rows.push([noisy, after, ...(clean ? [clean] : [])].map(pageOf));
    }
    if (rows.length > 0) {
      const sides = this.#pinned.map(({ noisy }) => noisy);
      const size = {
        width: Math.max(...sides.map(({ width }) => width)),
        height: Math.max(...sides.map(({ height }) => height)),
      };
      files['before-after.png'] = await drawContactSheet(rows, 'png', { ...size, gap: STRIP_GAP });
    }
    this.#drawn = { step, files };
    return files;
  }

  /** What can't be removed stays. */
  async #letGo(latest: string, step: number, best: number | null): Promise<void> {
    const { size } = await stat(join(latest, 'weights.bin'));
    const names = await readdir(this.#folder);
    const steps = names.flatMap((name) => snapshotStep(name) ?? []).sort((a, b) => a - b);
    const chosen = await keptStep(this.#folder);
    const needed = new Set([step, ...[best, chosen].filter((one) => one !== null), ...steps.slice(-2)]);
    const shown = thinned(steps, needed, mostSnapshots);
    for (const one of steps.filter((other) => !shown.includes(other))) {
      const place = join(this.#folder, snapshotFolder(one));
      await rm(place, { recursive: true, force: true }).catch(() => undefined);
    }
    const weights = Math.max(LEAST_WEIGHTS, Math.floor(mostWeightBytes / size));
    const usable = new Set(thinned(shown, needed, weights));
    for (const one of shown.filter((other) => !usable.has(other))) {
      const place = join(this.#folder, snapshotFolder(one), 'weights.bin');
      await rm(place, { force: true }).catch(() => undefined);
    }
  }
}

/** The checkpoint that a person chose; null where none was. */
async function keptStep(folder: string): Promise<number | null> {
  try {
    const { step } = JSON.parse(await readFile(join(folder, keptFile), 'utf8')) as { step?: unknown };
    return typeof step === 'number' ? step : null;
  } catch {
    return null;
  }
}

const noProfile = { multiplied: false, profile: { icc: null, coded: null, native: [] } } as const;

const pngOf = (image: FloatImage): Promise<Uint8Array> => pngOfPixels(image, null, noProfile);

const pageOf = (raster: FloatImage) => ({ page: 0, raster, alpha: null, notices: [], range: null });

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
