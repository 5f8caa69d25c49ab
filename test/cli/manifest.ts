import { readFile } from 'node:fs/promises';

/** A file of the hostile collection and what must come of it. */
export interface HostileFile {
  readonly file: string;
  readonly special: string;
  readonly expected: 'decodes' | 'clear error' | 'either' | 'rejected';
  /** Upright width and height of the result, where there is one. */
  readonly size: string;
}

/** `manifest.csv` of the hostile pictures. */
export async function readManifest(path: string): Promise<HostileFile[]> {
  const [head = [], ...rows] = parseCsv(await readFile(path, 'utf8'));
  const column = (name: string): number => head.indexOf(name);
  const cell = (row: readonly string[], name: string): string => row[column(name)] ?? '';
  return rows.map((row) => ({
    file: cell(row, 'file'),
    special: cell(row, 'special'),
    expected: cell(row, 'expected') as HostileFile['expected'],
    size: cell(row, 'size_after_orientation'),
  }));
}

/** RFC 4180: fields in double quotes may hold commas, line ends and doubled quotes. */
function parseCsv(text: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  const rows: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match) throw new Error(`no CSV at ${field.lastIndex}`);
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',' && field.lastIndex < text.length) rows.push([]);
  }
  return rows;
}
