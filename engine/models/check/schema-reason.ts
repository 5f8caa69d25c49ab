/** One thing that zod holds against a value, as far as it is told to a person. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The first thing that is wrong with a parsed file, as the end of a sentence. */
export function schemaReason(
  file: string,
  value: unknown,
  error: { readonly issues: readonly Issue[] },
): string {
  const { path, message } = error.issues[0]!;
  const found = at(value, path);
  if (path.at(-1) === 'class_name' && typeof found === 'string') {
    return `it uses “${found}”, which is not among the kinds of layers that are known here`;
  }
  const place = path.length > 0 ? `“${path.join('.')}”` : 'the whole';
  const what = found === undefined ? 'is missing' : `is not as it should be${inFigures(found)}`;
  return `in “${file}”, ${place} ${what}: ${message}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return (inner as Record<PropertyKey, unknown>)[key];
  }, value);
}

function inFigures(found: unknown): string {
  return typeof found === 'number' || typeof found === 'string' ? ` (${String(found).slice(0, 60)})` : '';
}
