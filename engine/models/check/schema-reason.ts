import { expectedWords, type SchemaError } from '../../../contract/schema-words.ts';
import { phrase, type Phrase } from '../../../contract/texts/fill-in.ts';

/** The first thing that is wrong with a parsed file, as the end of a sentence. */
export function schemaReason(file: string, value: unknown, error: SchemaError): Phrase {
  const issue = error.issues[0]!;
  const { path } = issue;
  const found = at(value, path);
  if (path.at(-1) === 'class_name' && typeof found === 'string') {
    return phrase('model-layer-kind', { named: found });
  }
  const expected = expectedWords(issue);
  if (path.length === 0) return phrase('model-json-whole', { file, expected });
  const place = path.join('.');
  if (found === undefined) return phrase('model-json-missing', { file, place, expected });
  return typeof found === 'number' || typeof found === 'string'
    ? phrase('model-json-odd-value', { file, place, expected, value: String(found).slice(0, 60) })
    : phrase('model-json-odd', { file, place, expected });
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return (inner as Record<PropertyKey, unknown>)[key];
  }, value);
}
