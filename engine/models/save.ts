import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { ModelCard } from '../../contract/model-card.ts';
import { writeDurable } from '../../storage/durable-json.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import { syncFolder } from '../../storage/sync-folder.ts';
import { systemCode, writeError } from '../../storage/write-error.ts';

/** A card but for what only the writer of the weights knows. */
export type CardToBe = Omit<ModelCard, 'weightsSha256'>;

/**
 * Writes a model folder: `model.json` and `weights.bin` (a TensorFlow.js Layers model that anyone can load) and
 * `card.json`. They are written and flushed in a hidden folder beside it, which then gets the name: the folder is
 * whole or absent at any time. An earlier one of that name is replaced, and stays where something goes wrong.
 * @param others further files by name, such as pictures of what it does
 * @throws AppError `disk-full`, `permission-denied`, `output-folder-unusable`, `output-unwritable`
 */
export async function saveModel(
  network: tf.LayersModel,
  card: CardToBe,
  folder: string,
  others: Readonly<Record<string, Uint8Array>> = {},
): Promise<ModelCard> {
  const part = beside(folder, 'part');
  try {
    await rm(part, { recursive: true, force: true });
    await makeFolder(part);
    const written = await writeFiles(network, card, part);
    for (const [name, bytes] of Object.entries(others)) await writeDurable(join(part, name), bytes);
    await publish(part, folder);
    return written;
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(error, folder);
  }
}

/**
 * Gets a place ready for `saveModel`: makes the folder that will hold the model's, and puts right what a kill in
 * the middle of a save has left there; at worst the earlier model gets its name back.
 * @throws AppError `permission-denied`, `output-folder-unusable`, `output-unwritable`
 */
export async function prepareModelFolder(folder: string): Promise<void> {
  try {
    await makeFolder(dirname(folder));
    await rm(beside(folder, 'part'), { recursive: true, force: true });
    await rename(beside(folder, 'old'), folder).catch(() => undefined); // refused while the folder is there
    await rm(beside(folder, 'old'), { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, folder);
  }
}

async function writeFiles(network: tf.LayersModel, card: CardToBe, folder: string): Promise<ModelCard> {
  const { modelTopology, weightSpecs, weightData } = await artifactsOf(network);
  const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
  const model = {
    format: 'layers-model',
    generatedBy: `Unspeckle ${card.appVersion}`,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
  };
  const whole: ModelCard = { ...card, weightsSha256: createHash('sha256').update(weights).digest('hex') };
  await writeDurable(join(folder, 'weights.bin'), weights);
  await writeDurable(join(folder, 'model.json'), JSON.stringify(model));
  await writeDurable(join(folder, 'card.json'), `${JSON.stringify(whole, null, 2)}\n`);
  return whole;
}

/** What TensorFlow.js would write: its own writer for Node overwrites files in place and flushes nothing. */
async function artifactsOf(network: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  const written: tf.io.ModelArtifacts[] = [];
  await network.save(
    tf.io.withSaveHandler((artifacts) => {
      written.push(artifacts);
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
  return written[0]!;
}

/** A folder can't be renamed over another: the earlier one steps aside first. */
async function publish(part: string, folder: string): Promise<void> {
  const old = beside(folder, 'old');
  await rm(old, { recursive: true, force: true });
  await rename(folder, old).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  await rename(part, folder);
  await syncFolder(dirname(folder));
  await rm(old, { recursive: true, force: true });
}

/** A hidden name in the same folder, so that a rename stays on one disk. */
function beside(folder: string, ending: string): string {
  return join(dirname(folder), `.${basename(folder)}.${ending}`);
}
