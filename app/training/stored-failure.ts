import { z } from 'zod';
import { storedFailure, type Failure } from '../../contract/errors.ts';
import { storedDetails } from '../../contract/texts/stored-details.ts';

/** A failure as a journal or a report holds it. */
export const storedFailureOf: z.ZodType<Failure> = z
  .object({ code: z.string(), details: storedDetails, message: z.string() })
  .transform(storedFailure);
