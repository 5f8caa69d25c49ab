import type { CliHost, TerminalWritable } from './host.ts';

type Paint = (text: string) => string;

/** Colours for a few words; plain text where colours are not wanted. */
export interface Palette {
  /** For standard output. */
  readonly dim: Paint;
  readonly bold: Paint;
  /** For standard error. */
  readonly alarm: Paint;
}

/** See no-color.org: a variable that is set and not empty turns colours off. */
export function paletteFor({ env, stdout, stderr }: Pick<CliHost, 'env' | 'stdout' | 'stderr'>): Palette {
  const wanted = !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (stream: TerminalWritable, on: number, off: number): Paint =>
    wanted && stream.isTTY ? (text) => `\x1b[${on}m${text}\x1b[${off}m` : (text) => text;
  return { dim: paint(stdout, 2, 22), bold: paint(stdout, 1, 22), alarm: paint(stderr, 31, 39) };
}
