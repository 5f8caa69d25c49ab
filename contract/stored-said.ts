import { z } from 'zod';
import { storedFailure, type Failure, type Said } from './errors.ts';
import { storedDetails, storedPhrase } from './texts/stored-details.ts';

/** A failure as a journal, a report or a checkpoint holds it. */
export const storedFailureOf: z.ZodType<Failure> = z
  .object({ code: z.string(), details: storedDetails, message: z.string() })
  .transform(storedFailure);

/** What is told in words, as they hold it. */
export const storedSaid: z.ZodType<Said> = z.union([storedPhrase, storedFailureOf]);
