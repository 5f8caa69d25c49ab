import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { EngineApi } from '../../contract/engine-api.ts';
import { slugOf, type ModelCard } from '../../contract/model-card.ts';
import { largestNoiseFactor } from '../../contract/noise.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { writeJson } from '../../storage/durable-json.ts';
import { isAlive } from '../../storage/process-identity.ts';
import { writeError } from '../../storage/write-error.ts';
import { readError } from '../inputs/read-error.ts';
import { makePrivateFolder, type Places } from '../places.ts';
import { openArchive } from './model-archive.ts';
import type { ModelLibrary, StoredModel } from './model-library.ts';
import { checkParts, partsOfFolder, refuser, writeParts, type Refuse } from './model-parts.ts';

export type CheckedModel = Awaited<ReturnType<EngineApi['checkModel']>>;

export interface ImportContext {
  readonly places: Places;
  readonly library: ModelLibrary;
  readonly appVersion: string;
  /** Checks a folder in a process that can be killed. */
  readonly check: (folder: string, refuse: Refuse) => Promise<CheckedModel>;
}

export interface ImportRequest {
  readonly path: string;
  /** Null for that of its card, or of its file. */
  readonly name: string | null;
  /** A name that is taken gets a number. */
  readonly numbered?: boolean;
}

/**
 * Brings a model of somebody else's, a folder or a zip, into the library: copied part by part within limits,
 * checked by an engine of its own, stored under its own id in one step.
 * @throws AppError `model-invalid` with the reason, `model-exists`, `model-protected`, `path-not-found`
 */
export async function importModel(
  request: ImportRequest,
  context: ImportContext,
): Promise<StoredModel & { reducesNoise: boolean }> {
  const refuse = refuser(basename(request.path));
  if (request.name !== null && !request.numbered) await context.library.placeFor(idOf(request.name));
  await makePrivateFolder(context.places.models);
  await removeDeadImports(context.places.models);
  const prepared = await makeImportFolder(context.places.models);
  try {
    await copyInto(prepared, request.path, refuse);
    const checked = await context.check(prepared, refuse);
    const card = await cardFor(prepared, request, checked, context, refuse);
    await writeJson(join(prepared, 'card.json'), card);
    const stored = await context.library.store(prepared, card.id);
    return { ...stored, reducesNoise: checked.reducesNoise };
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
}

/** @throws AppError `argument-invalid` for a name of which nothing is left, and for the one that has a meaning */
export function idOf(name: string): string {
  const id = slugOf(name);
  if (id !== '' && id !== 'default') return id;
  throw new AppError('argument-invalid', {
    parameter: 'name',
    expected: phrase('expect-model-name'),
    received: `“${name}”`,
  });
}

/** Not longer than a person can name a model here, on one line, and in the order in which it is written. */
function shortName(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ');
  return [...plain.trim()].slice(0, longestName).join('').trim();
}

const longestName = 100;

async function copyInto(prepared: string, path: string, refuse: Refuse): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (found.isDirectory()) {
    const parts = await partsOfFolder(path, refuse);
    checkParts(parts, refuse);
    return writeParts(parts, prepared, refuse);
  }
  if (!found.isFile()) throw new AppError('not-a-regular-file', { file: path, kind: phrase('kind-unknown') });
  if (extname(path).toLowerCase() === '.onnx') throw refuse(phrase('model-archive-onnx'));
  const archive = await openArchive(path, refuse);
  try {
    checkParts(archive.parts, refuse);
    await writeParts(archive.parts, prepared, refuse);
  } finally {
    archive.close();
  }
}

async function makeImportFolder(models: string): Promise<string> {
  const folder = join(models, `.import-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    throw writeError(error, join(folder, 'model.json'));
  }
  return folder;
}

/** Removes what imports and copies that were killed left behind. */
export async function removeDeadImports(models: string): Promise<void> {
  for (const name of await readdir(models)) {
    const pid = Number(/^\.import-(\d+)-[0-9a-f]{8}$/.exec(name)?.[1] ?? process.pid);
    if (!isAlive(pid)) await rm(join(models, name), { recursive: true, force: true });
  }
}

/** The card under which a model is stored: its own, with the id it has here, or one that says what is known. */
async function cardFor(
  folder: string,
  { path, name, numbered = false }: ImportRequest,
  { card, network }: CheckedModel,
  { appVersion, library }: Pick<ImportContext, 'appVersion' | 'library'>,
  refuse: Refuse,
): Promise<ModelCard> {
  const bytes = await readFile(join(folder, 'weights.bin'));
  const weightsSha256 = createHash('sha256').update(bytes).digest('hex');
  if (card && card.weightsSha256 !== weightsSha256) throw refuse(phrase('model-weights-differ'));
  const shown = shortName(name ?? card?.name ?? '') || shortName(basename(path, extname(path)));
  // Whoever chose the name can choose another; a stranger's may be of letters that no id is made of.
  const slug = slugOf(shown);
  const isFree = name === null && (slug === '' || slug === 'default');
  const id = isFree || numbered ? await library.freeId(slug || 'model') : idOf(shown);
  const number = !isFree && id !== slug ? (/-(\d+)$/.exec(id)?.[1] ?? '') : '';
  const identity = { id, name: [shown, number].filter(Boolean).join(' '), weightsSha256 };
  if (card) return { ...card, ...identity };
  return {
    version: 1,
    ...identity,
    purpose: '',
    network,
    noise: { trained: '', clippedShare: 0, largest: largestNoiseFactor },
    training: {
      sources: [],
      pictures: 0,
      steps: 0,
      minutes: 0,
      seed: 0,
      batch: 0,
      patch: 0,
      threads: 0,
      machine: '',
      finished: '',
      startedFrom: null,
      validation: null,
    },
    metrics: [],
    licence: '',
    credits: '',
    appVersion,
  };
}
