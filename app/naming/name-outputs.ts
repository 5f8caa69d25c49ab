import { basename, dirname, extname, join, parse } from 'node:path';
import type { CleanJob, CleanSettings } from '../../contract/clean.ts';
import { extensionOf, type ImageFormat } from '../../contract/image.ts';
import { fitName } from '../../storage/file-names.ts';
import type { ScannedFile } from '../inputs/scan.ts';
import { isInside } from '../inputs/walk.ts';
import { localDate } from './local-date.ts';
import { mirrorFolders } from './mirror.ts';
import { sameFileKey } from './safe-name.ts';
import { checkTemplate, stemOf } from './template.ts';

export interface NamedPicture {
  readonly file: ScannedFile;
  readonly folder: string;
  readonly stem: string;
  /** Extensions the result may get, the likeliest first. */
  readonly extensions: readonly string[];
}

export interface Naming {
  readonly out: string | null;
  readonly roots: readonly string[];
  readonly elsewhere?: CleanJob['elsewhere'];
  readonly settings: Pick<CleanSettings, 'name' | 'format'>;
  readonly model: string;
  /** Id of the model of a source, where that differs. */
  readonly modelOf?: ((source: string) => string) | undefined;
  readonly now: Date;
  /** Where pictures lie that pages sent, each run of the app in a folder of its own that is nobody's. */
  readonly uploads?: string | undefined;
}

/**
 * Where each result goes. No two of a batch get one name, also on a disk that ignores case and the form of
 * accents: of equals the later in the plan gets a number, so the same files always get the same names.
 */
export function nameOutputs(files: readonly ScannedFile[], naming: Naming): NamedPicture[] {
  checkTemplate(naming.settings.name);
  const folderOf = foldersOf(naming);
  const digits = Math.max(4, String(files.length).length);
  const distinct = new DistinctStems();
  return files.map((file, index) => {
    const folder = folderOf(file.source, file.root);
    const wanted = stemOf(naming.settings.name, {
      name: parse(file.source).name,
      ext: extname(file.source).slice(1).toLowerCase(),
      model: naming.modelOf?.(file.source) ?? naming.model,
      date: localDate(naming.now),
      counter: String(index + 1).padStart(digits, '0'),
      parent: parentName(file.source, naming.uploads),
    });
    const extensions = possibleExtensions(file, naming.settings.format);
    const stem = distinct.take(folder, wanted, extensions[0] ?? '');
    return { file, folder, stem, extensions };
  });
}

/** Name of the folder a source lies in; empty where that is the app's own. */
function parentName(source: string, uploads: string | undefined): string {
  const folder = dirname(source);
  return dirname(folder) === uploads ? '' : basename(folder);
}

function foldersOf({ out, roots, elsewhere }: Naming): (source: string, root: string | null) => string {
  const usual = mirrorFolders(out, roots);
  if (out !== null || !elsewhere) return usual;
  const moved = mirrorFolders(
    elsewhere.to,
    roots.filter((root) => isInside(root, elsewhere.from)),
  );
  return (source, root) => (isInside(source, elsewhere.from) ? moved : usual)(source, root);
}

class DistinctStems {
  readonly #taken = new Set<string>();
  /** The last number given out for a name, so that thousands of equals do not start over each time. */
  readonly #lastNumber = new Map<string, number>();

  take(folder: string, wanted: string, extension: string): string {
    const keyOf = (stem: string) => sameFileKey(join(folder, `${stem}.${extension}`));
    const first = keyOf(wanted);
    let stem = wanted;
    let number = this.#lastNumber.get(first) ?? 1;
    while (this.#taken.has(keyOf(stem))) stem = fitName(wanted, ` (${++number})`);
    this.#lastNumber.set(first, number);
    this.#taken.add(keyOf(stem));
    return stem;
  }
}

/** Spellings of an extension that mean one format; a result may keep that of its source. */
const spellings: Readonly<Record<ImageFormat, readonly string[]>> = {
  png: ['png', 'apng'],
  jpeg: ['jpg', 'jpeg', 'jpe', 'jfif'],
  tiff: ['tif', 'tiff'],
  webp: ['webp'],
  avif: ['avif'],
};

function possibleExtensions({ source, head }: ScannedFile, wanted: CleanSettings['format']): string[] {
  const found = head.format === null || head.format === 'gif' ? 'png' : head.format;
  const format = wanted === 'same' ? found : wanted;
  const own = extname(source).slice(1);
  const keepsOwn = spellings[format].includes(own.toLowerCase());
  return [...new Set([extensionOf[format], ...(keepsOwn ? [own, own.toLowerCase()] : [])])];
}
