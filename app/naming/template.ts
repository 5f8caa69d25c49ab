import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { shortenToBytes } from '../../storage/file-names.ts';
import { safeName } from './safe-name.ts';

/** What a name template may hold between braces. `factor` is known only to the engine, which fills it in. */
export const nameTokens = ['name', 'ext', 'model', 'factor', 'date', 'counter', 'parent'] as const;
export type NameToken = (typeof nameTokens)[number];
export type NameValues = Readonly<Record<Exclude<NameToken, 'factor'>, string>>;

export const factorToken = '{factor}';

/** Room is left for ` (99)` and for the longest extension. */
const longestStem = 255 - ' (99)'.length - '.tiff'.length;

/** @throws AppError `argument-invalid` for a token that does not exist */
export function checkTemplate(template: string): void {
  const known = nameTokens as readonly string[];
  const unknown = [...template.matchAll(/\{(\w*)\}/g)].find(([, token]) => !known.includes(token ?? ''));
  if (!unknown) return;
  const tokens = known.map((token) => `{${token}}`).join(' ');
  throw new AppError('argument-invalid', {
    parameter: 'name',
    expected: phrase('expect-tokens', { tokens }),
    received: `“${template}”`,
  });
}

/**
 * The file name without extension, safe for every file system. A name that would be too long loses the end of
 * the source's own name, not what the template adds to it.
 */
export function stemOf(template: string, values: NameValues): string {
  const stem = fillTemplate(template, values);
  const over = Buffer.byteLength(stem) - longestStem;
  if (over <= 0) return stem;
  const times = Math.max(1, template.split('{name}').length - 1);
  const room = Math.max(1, Buffer.byteLength(values.name) - Math.ceil(over / times));
  const shorter = fillTemplate(template, { ...values, name: shortenToBytes(values.name, room) });
  return safeName(shortenToBytes(shorter, longestStem));
}

function fillTemplate(template: string, values: NameValues): string {
  const filled = template.replace(/\{(\w+)\}/g, (whole, token: string) => {
    if (token === 'factor') return whole;
    // A source that is called “{factor}” is not to be filled in by the engine.
    return (values[token as keyof NameValues] ?? whole).replaceAll(factorToken, '(factor)');
  });
  return safeName(filled);
}
