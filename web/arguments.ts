import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fillIn } from '../contract/texts/fill-in.ts';
import { hostTexts } from '../contract/texts/host-en.ts';

/** `say` is what is printed instead of starting. */
export type BrowserArguments =
  | { readonly port: number; readonly open: boolean; readonly paths: readonly string[] }
  | { readonly say: string; readonly code: number };

/** @param cwd the folder that relative paths start from */
export function browserArguments(args: readonly string[], cwd: string): BrowserArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { port: { type: 'string' }, 'no-open': { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help) return { say: hostTexts['browser-usage'], code: 0 };
    const given = values.port ?? '0';
    const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
    if (!(port <= 65_535)) {
      return { say: fillIn(hostTexts['browser-port-invalid'], { received: given }), code: 1 };
    }
    return { port, open: values['no-open'] !== true, paths: positionals.map((path) => resolve(cwd, path)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { say: `${reason}\n\n${hostTexts['browser-usage']}`, code: 1 };
  }
}
