import { phrase } from '../../../contract/texts/fill-in.ts';
import type { Refuse } from './refusal.ts';

/** Our deepest file, model.json, has 9 levels. */
const mostLevels = 32;
/** That of the largest network that can be configured has 23,000 values. */
const mostValues = 30_000;

/**
 * Parses JSON that a stranger wrote. Its depth is looked at first, because what walks over the values later goes
 * down level by level, and their number, because each may have several things against it, all of which the schema keeps.
 * Names that change what an object inherits are refused.
 * @param file its name, for the refusal
 * @throws AppError `model-invalid`
 */
export function parseBoundedJson(bytes: Uint8Array, file: string, refuse: Refuse): unknown {
  const text = decoded(bytes, file, refuse);
  const { levels, values } = extentOf(text);
  if (levels > mostLevels) throw refuse(phrase('model-json-deep', { file, levels: mostLevels }));
  if (values > mostValues) throw refuse(phrase('model-json-many', { file, most: mostValues }));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(phrase('model-json-invalid', { file }), error);
  }
  if (inheritsByName(value)) throw refuse(phrase('model-json-proto', { file }));
  return value;
}

function decoded(bytes: Uint8Array, file: string, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw refuse(phrase('model-json-text', { file }), error);
  }
}

/** Brackets that are open at once, at most, and how many values there are at most; what stands inside strings does not count. */
function extentOf(text: string): { levels: number; values: number } {
  let level = 0;
  let levels = 0;
  let values = 1;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === '\\') i++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ',') values++;
    else if (character === '{' || character === '[') {
      values++;
      levels = Math.max(levels, ++level);
    } else if (character === '}' || character === ']') level--;
  }
  return { levels, values };
}

/** As parsed, `__proto__` is an ordinary key; copying it elsewhere is what does harm. */
function inheritsByName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(inheritsByName);
}
