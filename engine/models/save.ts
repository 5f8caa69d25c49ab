import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { ModelCard } from '../../contract/model-card.ts';
import { writeDurable } from '../../storage/durable-json.ts';
import { replaceFolder } from '../../storage/replace-folder.ts';

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
  return await replaceFolder(folder, async (part) => {
    const written = await writeFiles(network, card, part);
    for (const [name, bytes] of Object.entries(others)) await writeDurable(join(part, name), bytes);
    return written;
  });
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
