import { dirname, extname, parse } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { ModelForm } from '../../contract/window-api.ts';
import { loneJobId, removeLoneLeftovers } from '../../storage/leftovers.ts';
import { publishFile } from '../../storage/publish.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import { archiveOf } from './model-archive.ts';
import type { StoredModel } from './model-library.ts';

/** A model in one of its one-file forms. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @throws AppError `model-invalid` */
export async function modelFile(
  model: StoredModel,
  form: ModelForm,
  engine: EngineSupervisor,
): Promise<ModelFile> {
  const name = modelFileName(model.id, form);
  if (form === 'archive') return { name, bytes: await archiveOf(model) };
  engine.forgive();
  const { id, folder } = model;
  return { name, ...(await engine.callTwice('onnxFile', { model: { id, folder } }, folder)) };
}

/**
 * Writes a model to one file, complete or not at all.
 * @throws AppError `output-exists` unless it may be replaced, `model-invalid`
 */
export async function exportModel(
  model: StoredModel,
  { file, form, overwrite }: { readonly file: string; readonly form: ModelForm; readonly overwrite: boolean },
  engine: EngineSupervisor,
): Promise<{ file: string; bytes: number }> {
  const { bytes } = await modelFile(model, form, engine);
  const { name: stem, ext } = parse(file);
  await removeLoneLeftovers(dirname(file), 'export').catch(() => 0);
  const published = await publishFile({
    folder: dirname(file),
    stem,
    extension: ext.slice(1),
    bytes,
    jobId: loneJobId('export'),
    onConflict: overwrite ? 'overwrite' : 'skip',
  });
  if ('kept' in published) throw new AppError('output-exists', { file });
  return { file: published.path, bytes: bytes.length };
}

/** What a file of this form is called unless the person says otherwise. */
export const modelFileName = (id: string, form: ModelForm): string =>
  `${id}.${form === 'archive' ? 'zip' : form}`;

/** The form that a file's name asks for: a zip where it is not known by its ending. */
export const formByName = (file: string): ModelForm =>
  extname(file).toLowerCase() === '.onnx' ? 'onnx' : 'archive';
