import { z } from 'zod';
import type { Details, Phrase } from './fill-in.ts';

/** Phrases as they come back from a file. A newer version may know others: those are said as a gap. */
export const storedPhrase: z.ZodType<Phrase> = z.lazy(() =>
  z.object({ phrase: z.string(), details: storedDetails.optional() }),
) as unknown as z.ZodType<Phrase>;

export const storedDetails: z.ZodType<Details> = z.record(
  z.string(),
  z.union([z.string(), z.number(), storedPhrase]),
);
