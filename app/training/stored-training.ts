import { createHash } from 'node:crypto';
import { z } from 'zod';
import { recipeNames } from '../../contract/recipes.ts';
import { storedFailureOf, storedSaid } from '../../contract/stored-said.ts';
import { verbatim } from '../../contract/texts/fill-in.ts';
import { trainingConfig, type TrainingConfig, type TrainingOutcome } from '../../contract/train.ts';
import { readJsonAsItIs } from '../../storage/durable-json.ts';
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

/** `report.json`: how a training ended. */
export interface TrainingReport {
  readonly version: 1;
  readonly jobId: string;
  readonly finished: string;
  readonly outcome: Pick<TrainingOutcome, 'steps' | 'stopped' | 'endedBy' | 'leftOut'>;
}

/** Reports of before hold the words themselves. */
const reportedSaid = z.union([z.string().transform(verbatim), storedSaid]);

const trainingReport: z.ZodType<TrainingReport> = z.object({
  version: z.literal(1),
  jobId: z.string(),
  finished: z.string(),
  outcome: z.object({
    steps: z.int().min(0),
    stopped: z.boolean(),
    endedBy: storedFailureOf.nullable(),
    leftOut: z.array(z.object({ file: z.string(), reason: reportedSaid })),
  }),
});

/** Null where there is none, or it cannot be read. */
export async function readReport(file: string): Promise<TrainingReport | null> {
  const found = await readJsonAsItIs(file, (raw) => trainingReport.parse(raw));
  return found.state === 'read' ? found.value : null;
}
