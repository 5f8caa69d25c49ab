import type { ModelLocation } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { NamedWeights } from '../../model/networks/weights.ts';
import { readModelFiles } from './model-files.ts';

/** A model as read from its folder and checked. Owns no tensors. */
export interface LoadedModel {
  readonly id: string;
  readonly card: ModelCard;
  /** By name, such as `stem/kernel`; shapes as TensorFlow.js has them, values finite. */
  readonly weights: NamedWeights;
}

/**
 * Reads one of the app's own models, as carefully as a stranger's: disks damage files, people edit them.
 * @throws AppError `model-invalid`
 */
export async function loadModel({ id, folder }: ModelLocation, signal?: AbortSignal): Promise<LoadedModel> {
  const { card, weights } = await readModelFiles(folder, id, signal);
  if (!card) throw new AppError('model-invalid', { model: id, reason: phrase('model-no-card') });
  return { id, card, weights };
}
