import { createHash } from 'node:crypto';
import { z } from 'zod';

import { recipeNames } from '../../contract/recipes.ts';
import { trainingConfig, type TrainingConfig } from '../../contract/train.ts';
import { canonical, type JobStore } from '../jobs/job-store.ts';

/** `job.json` of a training: what was asked for. */
const storedTraining = z.object({
  version: z.literal(1),
  kind: z.literal('train'),
  jobId: z.string(),
  key: z.string(),
  appVersion: z.string(),
  started: z.string(),
  config: trainingConfig,
  pinned: z.array(z.object({ file: z.string(), page: z.int().min(0) })),
  recipe: z.enum(recipeNames).nullable(),
});
export type StoredTraining = z.infer<typeof storedTraining>;

/** Null for what is no training, or cannot be read. */
export const readTraining = (store: JobStore, jobId: string): Promise<StoredTraining | null> =>
  store.readAs(jobId, 'train', (raw) => storedTraining.parse(raw));

/**
 * Equal for trainings that are the same work: one may be gone on with for longer, on other threads, and with other
 * pictures to look at.
 */
export function keyOfTraining(config: TrainingConfig): string {
  const same = Object.entries(config).filter(([name]) => name !== 'length' && name !== 'threads');
  return createHash('sha256')
    .update(canonical(Object.fromEntries(same)))
    .digest('hex')
    .slice(0, 24);
}
