import { randomBytes } from 'node:crypto';
import { readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError, failureOf, reasonIn } from '../../contract/errors.ts';
import type { ModelLocation } from '../../contract/engine-api.ts';
import { modelCard, type ModelCard, type ModelSummary } from '../../contract/model-card.ts';
import { phrase, type Phrase, saidBy } from '../../contract/texts/fill-in.ts';
import { readText, writeJson } from '../../storage/durable-json.ts';
import { forgetEarlier, placeOfEarlier, restoreFolder } from '../../storage/replace-folder.ts';
import { syncFolder } from '../../storage/sync-folder.ts';
import { systemCode, writeError } from '../../storage/write-error.ts';
import { makePrivateFolder, type Places } from '../places.ts';

/** A folder that looks like a model and cannot be used, and why. */
export interface BrokenModel {
  readonly folder: string;
  readonly reason: Phrase;
}

export type StoredModel = Omit<ModelSummary, 'isDefault'>;

export const modelFiles = ['model.json', 'weights.bin', 'card.json'] as const;

/** The models on this machine: those that ship with the app, and the person's own. */
export class ModelLibrary {
  readonly #bundled: string;
  readonly #places: Places;

  constructor(options: { readonly bundled: string; readonly places: Places }) {
    this.#bundled = options.bundled;
    this.#places = options.places;
  }

  async list(): Promise<{ models: StoredModel[]; broken: BrokenModel[] }> {
    const models: StoredModel[] = [];
    const broken: BrokenModel[] = [];
    await restoreModels(this.#places.models);
    for (const [folder, bundled] of [
      [this.#bundled, true],
      [this.#places.models, false],
    ] as const) {
      for (const id of await modelIdsIn(folder)) {
        try {
          const model = await readModel(join(folder, id), id, bundled);
          // What ships with the app cannot be replaced by a folder of the same name.
          if (!models.some((known) => known.id === id)) models.push(model);
        } catch (error) {
          const reason = reasonIn(failureOf(error));
          broken.push({ folder: join(folder, id), reason });
        }
      }
    }
    return { models, broken };
  }

  /** @throws AppError `model-not-found` naming those that are there */
  async find(id: string): Promise<StoredModel> {
    const { models } = await this.list();
    const model = models.find((known) => known.id === id);
    if (model) return model;
    const known = models.map((one) => one.id).join(', ');
    throw new AppError('model-not-found', { model: id, known: known || phrase('no-models') });
  }

  /** This id, or with a number where something has it already. */
  async freeId(wanted: string): Promise<string> {
    const { models, broken } = await this.list();
    const taken = new Set([
      'default',
      ...models.map(({ id }) => id),
      ...broken.map(({ folder }) => basename(folder)),
    ]);
    for (let n = 1; ; n++) {
      const id = n === 1 ? wanted : `${wanted.slice(0, 58)}-${n}`;
      if (!taken.has(id)) return id;
    }
  }

  /**
   * Where a new model of this id will lie.
   * @throws AppError `model-exists`, `model-protected`
   */
  async placeFor(id: string): Promise<ModelLocation> {
    const { models, broken } = await this.list();
    const folder = join(this.#places.models, id);
    const taken = models.find((known) => known.id === id);
    if (taken?.bundled) throw new AppError('model-protected', { model: id });
    if (taken || broken.some((one) => one.folder === folder))
      throw new AppError('model-exists', { model: id });
    await makePrivateFolder(this.#places.models);
    return { id, folder };
  }

  /**
   * Where a model of one's own lies or will lie, whether it is there or not.
   * @throws AppError `model-protected`
   */
  async ownPlace(id: string): Promise<ModelLocation> {
    const { models } = await this.list();
    if (models.some((known) => known.id === id && known.bundled)) {
      throw new AppError('model-protected', { model: id });
    }
    await makePrivateFolder(this.#places.models);
    return { id, folder: join(this.#places.models, id) };
  }

  /** Moves a finished folder to its place in the library in one step. */
  async store(prepared: string, id: string): Promise<StoredModel> {
    const { folder } = await this.placeFor(id);
    try {
      await rename(prepared, folder);
      await syncFolder(this.#places.models);
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) {
        throw new AppError('model-exists', { model: id }, { cause: error });
      }
      throw writeError(error, folder);
    }
    return readModel(folder, id, false);
  }

  /** Gives a model another name; its id stays. */
  async rename(id: string, name: string): Promise<StoredModel> {
    const model = await this.find(id);
    if (model.bundled) throw new AppError('model-protected', { model: id });
    await writeJson(join(model.folder, 'card.json'), { ...model.card, name });
    return { ...model, name, card: { ...model.card, name } };
  }

  /** Before a model is removed: what it replaced must not come back in its place. */
  async forgetEarlier(id: string): Promise<void> {
    await forgetEarlier(join(this.#places.models, id)).catch(() => {});
  }

  /** Moves a model to the trash folder of the app. */
  async remove(id: string): Promise<{ movedTo: string }> {
    const model = await this.find(id);
    if (model.bundled) throw new AppError('model-protected', { model: id });
    await this.forgetEarlier(id);
    const movedTo = join(this.#places.trash, `${id}-${randomBytes(4).toString('hex')}`);
    try {
      await makePrivateFolder(this.#places.trash);
      await rename(model.folder, movedTo);
      await Promise.all([syncFolder(this.#places.models), syncFolder(this.#places.trash)]);
    } catch (error) {
      throw writeError(error, movedTo);
    }
    return { movedTo };
  }
}

/** A training that was killed as it replaced its model has left the earlier one under a hidden name. */
async function restoreModels(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const id = placeOfEarlier(name);
    if (id !== null) await restoreFolder(join(folder, id)).catch(() => {});
  }
}

async function modelIdsIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // Folders with a dot are imports on the way.
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw writeError(error, join(folder, 'model'));
  }
}

/** @throws AppError `model-invalid` */
async function readModel(folder: string, id: string, bundled: boolean): Promise<StoredModel> {
  const card = await readCard(join(folder, 'card.json'), id);
  let bytes = 0;
  for (const file of modelFiles) {
    const found = await stat(join(folder, file)).catch(() => null);
    if (!found?.isFile()) {
      throw new AppError('model-invalid', { model: id, reason: phrase('model-part-missing', { file }) });
    }
    bytes += found.size;
  }
  return { id, name: card.name, bundled, folder, bytes, card };
}

/** @throws AppError `model-invalid` */
export async function readCard(file: string, model: string): Promise<ModelCard> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const reason = phrase('model-part-missing', { file: 'card.json' });
    throw new AppError('model-invalid', { model, reason }, { cause: error });
  }
  try {
    return modelCard.parse(JSON.parse(text));
  } catch (error) {
    const reason = phrase('model-card-broken', { reason: whyNot(error) });
    throw new AppError('model-invalid', { model, reason }, { cause: error });
  }
}

/** The first thing that is wrong with a card. */
function whyNot(error: unknown): Phrase {
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  return issue ? phrase('reason-report-field', { place: issue.path.join('.') || '…' }) : saidBy(error);
}
