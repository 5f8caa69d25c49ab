import type { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import { expectedWords } from '../contract/schema-words.ts';
import { phrase, type Phrase } from '../contract/texts/fill-in.ts';

/**
 * An argument from outside, checked and with its defaults.
 * @throws AppError `argument-invalid` naming the first part that is wrong
 */
export function parseArgument<T extends z.ZodType>(parameter: string, schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [parameter, ...(issue?.path ?? [])].map(String).join('.');
  throw new AppError('argument-invalid', {
    parameter: path,
    expected: expectedWords(issue),
    received: shortly(at(value, issue?.path ?? [])),
  });
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function shortly(value: unknown): string | Phrase {
  const text = JSON.stringify(value);
  if (text === undefined) return phrase('received-nothing');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
