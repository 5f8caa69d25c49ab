import { basename } from 'node:path';
import type { EngineApi } from '../../contract/engine-api.ts';
import { readModelFiles } from '../models/model-files.ts';

/**
 * Checks a stranger's model folder, from what costs nothing to a run on a small picture.
 * @throws AppError `model-invalid` with the first reason against it
 */
export async function checkModel(
  { folder }: Parameters<EngineApi['checkModel']>[0],
  { signal }: { readonly signal?: AbortSignal } = {},
): ReturnType<EngineApi['checkModel']> {
  const model = basename(folder);
  const files = await readModelFiles(folder, model, signal);
  const { card, network } = files;
  const { tryNetwork } = await import('../models/check/try-network.ts');
  return { card, network, ...(await tryNetwork(files, model, signal)) };
}
