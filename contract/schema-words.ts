import type { z } from 'zod';
import { phrase, verbatim, type Phrase } from './texts/fill-in.ts';

/** One thing that a schema holds against a value. */
export type SchemaIssue = z.core.$ZodIssue;

/** As zod throws it. */
export interface SchemaError {
  readonly issues: readonly SchemaIssue[];
}

/** What a schema expected in the place of a value, in words of the catalogue. */
export function expectedWords(issue: SchemaIssue | undefined): Phrase {
  switch (issue?.code) {
    case 'invalid_type':
      return typeWords(issue.expected);
    case 'invalid_value':
      return phrase('expect-one-of', { values: issue.values.map(String).join(', ') });
    case 'too_small':
      return phrase(`expect-${sizeOf(issue.origin)}-least`, { limit: Number(issue.minimum) });
    case 'too_big':
      return phrase(`expect-${sizeOf(issue.origin)}-most`, { limit: Number(issue.maximum) });
    case 'invalid_format':
      return phrase('expect-form');
    case 'unrecognized_keys':
      return phrase('expect-known-names', { names: issue.keys.join(', ').slice(0, 200) });
    case 'custom':
      return issue.message === 'Invalid input' ? phrase('expect-other') : verbatim(issue.message);
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case undefined:
      return phrase('expect-other');
  }
}

function sizeOf(origin: string): 'number' | 'text' | 'length' {
  if (['number', 'int', 'bigint'].includes(origin)) return 'number';
  return origin === 'string' ? 'text' : 'length';
}

function typeWords(expected: string): Phrase {
  switch (expected) {
    case 'number':
    case 'int':
      return phrase('value-number');
    case 'string':
      return phrase('value-text');
    case 'array':
    case 'tuple':
      return phrase('value-list');
    case 'object':
    case 'record':
      return phrase('value-object');
    case 'boolean':
      return phrase('value-yes-no');
    default:
      return phrase('expect-other');
  }
}
