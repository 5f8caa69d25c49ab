import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { keptFile, pinnedFolder, snapshotFolder, snapshotStep } from '../../contract/snapshots.ts';
import { readJson, writeDurable, writeJson } from '../../storage/durable-json.ts';
import { prepareFolder, replaceFolder } from '../../storage/replace-folder.ts';
import { modelFiles } from '../models/model-library.ts';

const keptChoice = z.object({ step: z.int().min(0).nullable() });

/** A checkpoint that can be looked at. */
export interface Snapshot {
  readonly step: number;
  /** Its weights are still there. */
  readonly usable: boolean;
}

/** The checkpoints of a training that can be looked at, in the folder in which its engine keeps them. */
export class Snapshots {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<Snapshot[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const steps = names.flatMap((name) => snapshotStep(name) ?? []).sort((a, b) => a - b);
    return Promise.all(
      steps.map(async (step) => ({ step, usable: (await this.#fileOf(step, 'weights.bin')) !== null })),
    );
  }

  /** The bytes of a pinned picture, as it is or after a checkpoint; null where there is none. */
  async image(pin: number, layer: 'noisy' | 'clean' | { readonly step: number }): Promise<Buffer | null> {
    const path =
      typeof layer === 'string'
        ? join(pinnedFolder, `${layer}-${pin}.png`)
        : join(snapshotFolder(layer.step), `after-${pin}.png`);
    return readFile(join(this.#folder, path)).catch(() => null);
  }

  /** The pinned pictures before and after a checkpoint; null where there is no such strip. */
  strip(step: number): Promise<Buffer | null> {
    return readFile(join(this.#folder, snapshotFolder(step), 'before-after.png')).catch(() => null);
  }

  /** The checkpoint that a person chose to be the model; null: the best. */
  async kept(): Promise<number | null> {
    const found = await readJson(join(this.#folder, keptFile), (raw) => keptChoice.parse(raw).step);
    return found.state === 'read' ? found.value : null;
  }

  /** @throws AppError `checkpoint-not-found` */
  async keep(step: number | null): Promise<void> {
    if (step !== null && (await this.#fileOf(step, 'weights.bin')) === null) {
      throw new AppError('checkpoint-not-found', { step });
    }
    await writeJson(join(this.#folder, keptFile), { step });
  }

  /** Makes a checkpoint the model in a folder of the library. @throws AppError `checkpoint-not-found` */
  async becomeModel(step: number, target: string): Promise<void> {
    const files = new Map<string, Buffer>();
    for (const name of [...modelFiles, 'before-after.png']) {
      const path = await this.#fileOf(step, name);
      if (path !== null) files.set(name, await readFile(path));
    }
    if (modelFiles.some((name) => !files.has(name))) throw new AppError('checkpoint-not-found', { step });
    await prepareFolder(target);
    await replaceFolder(target, async (part) => {
      for (const [name, bytes] of files) await writeDurable(join(part, name), bytes);
    });
  }

  async #fileOf(step: number, name: string): Promise<string | null> {
    const path = join(this.#folder, snapshotFolder(step), name);
    return (await stat(path).catch(() => null))?.isFile() ? path : null;
  }
}
