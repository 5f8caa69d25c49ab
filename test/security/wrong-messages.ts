import fc from 'fast-check';
import { z } from 'zod';
import { windowRequests, type WindowMethod } from '../../contract/window-api.ts';

/**
 * Messages that no window of ours would send. They are made from the contract itself, so that a new call is covered
 * without a word here.
 */

/** What a stranger would put where a name is expected. */
export const temptations = [
  '/etc/passwd',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e',
  '..\\..\\windows\\win.ini',
  'file:///etc/passwd',
  '//server/share/x',
  'C:\\',
  '/dev/zero',
  '/proc/self/environ',
  'a\0b',
  '__proto__',
  'constructor',
  '<img src=x onerror="window.__pwned=1">',
  '\u001b[2J\u202e',
  '$(touch /tmp/pwned)',
  '',
] as const;

const word = fc.oneof(fc.constantFrom(...temptations), fc.string({ maxLength: 40 }));

/** Levels inside each other. */
const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Values that a careless reader would take. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  word,
  fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 1e308),
  fc.constantFrom<unknown>([], {}, [[]], [null], { length: 3 }, { then: 1 }, { toString: 1 }),
  fc.integer({ min: 1, max: 200 }).map(nested),
  fc.array(word, { maxLength: 4 }),
  fc.dictionary(word, fc.anything({ maxDepth: 1 }), { maxKeys: 3 }),
  fc.integer({ min: 65, max: 3000 }).map((length) => 'x'.repeat(length)),
);

const keysOf = (method: WindowMethod): string[] => Object.keys(windowRequests[method].shape);

/** Objects with the call's own keys and odd values, and those that are no objects at all. */
const odds = (method: WindowMethod): fc.Arbitrary<unknown> => {
  const keys = keysOf(method);
  const own =
    keys.length === 0 ? fc.constant({}) : fc.dictionary(fc.constantFrom(...keys), odd, { maxKeys: 4 });
  const strange = fc.dictionary(word, odd, { minKeys: 1, maxKeys: 2 });
  return fc.oneof(
    odd,
    own,
    fc.tuple(own, strange).map(([a, b]) => ({ ...a, ...b })),
  );
};

/** Messages that the contract does not know for this call, as they arrive after a trip as JSON. */
export function wrongMessages(method: WindowMethod): fc.Arbitrary<unknown> {
  return odds(method).filter((message) => {
    const text = JSON.stringify(message) as string | undefined;
    return text === undefined || !windowRequests[method].safeParse(JSON.parse(text)).success;
  });
}

/** Messages of the right form whose names nobody gave out: paths, markup, names of others. */
export function lyingMessages(method: WindowMethod): fc.Arbitrary<object> {
  const schema = z.toJSONSchema(windowRequests[method], { io: 'input', unrepresentable: 'any' });
  return lie(schema as Schema).map((value) => value as object);
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
}

function lie(schema: Schema): fc.Arbitrary<unknown> {
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map(lie));
  if (schema.allOf)
    return fc.tuple(...schema.allOf.map(lie)).map((parts) => Object.assign({}, ...parts) as object);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const { type } = schema;
  if (type === 'object') {
    const fields = Object.entries(schema.properties ?? {}).map(([key, of]) => [key, lie(of)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
  }
  if (type === 'array') {
    if (schema.prefixItems) return fc.tuple(...schema.prefixItems.map(lie));
    const of = typeof schema.items === 'object' ? schema.items : {};
    return fc.array(lie(of), { minLength: schema.minItems ?? 0, maxLength: 3 });
  }
  const least = Math.ceil(schema.minimum ?? 0);
  if (type === 'integer')
    return fc.integer({ min: least, max: Math.max(least, Math.min(schema.maximum ?? 9, 9)) });
  if (type === 'number') return fc.constantFrom(schema.minimum ?? 0, Math.min(schema.maximum ?? 1, 1));
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  return fc.constantFrom(...temptations.slice(0, -1), 'r1', 'p1', 'v1');
}
