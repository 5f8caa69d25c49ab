import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { AppError } from '../../contract/errors.ts';
import type { ModelCard } from '../../contract/model-card.ts';

/** A card but for what only the writer knows. */
export type CardToBe = Omit<ModelCard, 'weightsSha256'>;

/**
 * Writes a model folder: `model.json` and `weights.bin` (a TensorFlow.js Layers model anyone can load) and
 * `card.json`. The files are written to a new folder beside it and flushed before it gets its name, so the folder
 * is whole or absent at any time; an earlier one of that name is replaced.
 * @throws AppError `disk-full`, `output-folder-unusable`
 */
export async function saveModel(network: tf.LayersModel, card: CardToBe, folder: string): Promise<ModelCard> {
  const part = besides(folder, 'part');
  try {
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    const written = await writeFiles(network, card, part);
    await publish(part, folder);
    return written;
  } catch (cause) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw saveError(folder, cause);
  }
}

/** Puts right what a kill in the middle of `saveModel` left: at worst the earlier model gets its name back. */
export async function settleModelFolder(folder: string): Promise<void> {
  await rm(besides(folder, 'part'), { recursive: true, force: true });
  await rename(besides(folder, 'old'), folder).catch(() => undefined); // refused while the folder is there
  await rm(besides(folder, 'old'), { recursive: true, force: true });
}

async function writeFiles(network: tf.LayersModel, card: CardToBe, folder: string): Promise<ModelCard> {
  const { modelTopology, weightSpecs, weightData } = await artifactsOf(network);
  const weights = Buffer.from(tf.io.CompositeArrayBuffer.join(weightData));
  const model = {
    format: 'layers-model',
    generatedBy: `Unspeckle ${card.appVersion}`,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
  };
  const whole: ModelCard = { ...card, weightsSha256: createHash('sha256').update(weights).digest('hex') };
  await writeWhole(join(folder, 'weights.bin'), weights);
  await writeWhole(join(folder, 'model.json'), JSON.stringify(model));
  await writeWhole(join(folder, 'card.json'), `${JSON.stringify(whole, null, 2)}\n`);
  await flushFolder(folder);
  return whole;
}

async function artifactsOf(network: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let found: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler((artifacts) => {
    found = artifacts;
    const info: tf.io.ModelArtifactsInfo = { dateSaved: new Date(), modelTopologyType: 'JSON' };
    return Promise.resolve({ modelArtifactsInfo: info });
  });
  await network.save(handler);
  return found!;
}

async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  await using(await open(file, 'wx'), async (handle) => {
    await handle.writeFile(content);
    await handle.sync();
  });
}

/** A rename lasts only once the folder is flushed; Windows has no such thing and refuses. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle) await using(handle, (opened) => opened.sync().catch(() => undefined));
}

async function using(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

async function publish(part: string, folder: string): Promise<void> {
  const old = besides(folder, 'old');
  await rm(old, { recursive: true, force: true });
  await rename(folder, old).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  await rename(part, folder);
  await flushFolder(dirname(folder));
  await rm(old, { recursive: true, force: true });
}

/** A hidden name in the same folder, so that a rename stays on one disk. */
function besides(folder: string, ending: string): string {
  return join(dirname(folder), `.${basename(folder)}.${ending}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

function saveError(folder: string, cause: unknown): AppError {
  if (codeOf(cause) === 'ENOSPC') return new AppError('disk-full', { path: folder }, { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('output-folder-unusable', { folder, reason }, { cause });
}
