import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { slugOf } from '../../contract/model-card.ts';
import { writeDurable, writeJson } from '../../storage/durable-json.ts';
import { writeError } from '../../storage/write-error.ts';
import { makePrivateFolder, type Places } from '../places.ts';
import { removeDeadImports } from './import-model.ts';
import { limitOf } from './model-limits.ts';
import type { ModelLibrary, StoredModel } from './model-library.ts';

/** A copy of a model under another name and an id of its own, complete or not there. */
export async function duplicateModel(
  model: StoredModel,
  name: string,
  library: ModelLibrary,
  { models }: Places,
): Promise<StoredModel> {
  // Of the other model's id where nothing of the name can be part of one.
  const id = await library.freeId(slugOf(name) || model.id);
  await makePrivateFolder(models);
  await removeDeadImports(models);
  // The name of an import on the way: what a crash leaves is taken away with the next one.
  const prepared = join(models, `.import-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(prepared, { mode: 0o700 });
    for (const part of await readdir(model.folder)) {
      if (limitOf(part) === null || part === 'card.json') continue;
      await writeDurable(join(prepared, part), await readFile(join(model.folder, part)));
    }
    await writeJson(join(prepared, 'card.json'), { ...model.card, id, name });
    return await library.store(prepared, id);
  } catch (error) {
    throw writeError(error, join(prepared, 'weights.bin'));
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
}
