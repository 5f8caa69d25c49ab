import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { SkippedInput } from '../../contract/clean.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { pictureExtensions, unreadableExtensions } from '../../contract/image.ts';
import { type Details, phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { naturalOrder } from './natural-order.ts';
import { readError } from './read-error.ts';

/** A regular file that may be a picture. */
export interface FoundFile {
  readonly source: string;
  /** The folder named by the person in which it was found; null when it was named itself. */
  readonly root: string | null;
  readonly throughLink: boolean;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly device: number;
  readonly inode: number;
  readonly links: number;
}

export interface WalkOptions {
  /** Folders that are never looked into: the app's own. */
  readonly avoid: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told of each file as soon as it is found. */
  readonly onFile?: (file: FoundFile) => void;
  /** Told of each entry that is not taken; `folder` when it is one, or something that hides one. */
  readonly onSkipped?: (skipped: SkippedInput, folder: boolean) => void;
}

const pickedUp: ReadonlySet<string> = new Set([...pictureExtensions, ...unreadableExtensions]);
const looksLikePicture = (name: string): boolean => pickedUp.has(extname(name).slice(1).toLowerCase());

/** Looks at so many files at once: enough for a network drive, little for a disk. */
const together = 32;

/** Finds files in the order a person would list them: those of a folder, then its folders. */
export class Walk {
  readonly files: FoundFile[] = [];
  readonly skipped: SkippedInput[] = [];
  /** The folders among the paths that were added. */
  readonly roots: string[] = [];
  readonly #options: WalkOptions;
  readonly #order = naturalOrder();
  /** Folders that were entered, by device and inode. */
  readonly #entered = new Set<string>();

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** One path named by the person: a file whatever its name, or a folder in depth. */
  async add(path: string): Promise<void> {
    try {
      const found = await stat(path);
      if (found.isDirectory()) {
        this.roots.push(path);
        await this.#folder({ path, root: path, realRoot: await realpath(path) });
      } else if (found.isFile()) this.#file(path, found, null, false);
      else this.skip(path, 'not-a-regular-file', { file: path, kind: kindOf(found) });
    } catch (error) {
      this.#refuse(path, error);
    }
  }

  skip(source: string, code: SkippedInput['code'], details: Details, folder = false): void {
    this.skipped.push({ source, code, details });
    this.#options.onSkipped?.({ source, code, details }, folder);
  }

  async #folder(place: Place): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const { path } = place;
    try {
      if (!(await this.#mayEnter(path))) return;
      const folders: Place[] = [];
      const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
      const named = entries.flatMap((entry) => this.#withName(entry, path));
      named.sort((a, b) => this.#order(a.name, b.name));
      for (let at = 0; at < named.length; at += together) {
        const looks = named.slice(at, at + together).map((entry) => this.#look(entry, place));
        for (const look of await Promise.all(looks)) {
          const inner = look();
          if (inner !== null) folders.push({ ...place, path: inner });
        }
      }
      for (const folder of folders) await this.#folder(folder);
    } catch (error) {
      this.#refuse(path, error);
    }
  }

  async #mayEnter(path: string): Promise<boolean> {
    const { dev, ino } = await stat(path, { bigint: true });
    const identity = `${dev}:${ino}`;
    if (this.#entered.has(identity)) {
      this.skip(path, 'folder-loop', { path }, true);
      return false;
    }
    this.#entered.add(identity);
    if (this.#options.avoid.includes(await realpath(path))) {
      this.skip(path, 'not-a-regular-file', { file: path, kind: phrase('kind-app-folder') }, true);
      return false;
    }
    return true;
  }

  /** A name that is not valid text cannot be opened by its text: it is told, not dropped. */
  #withName(entry: Dirent<Buffer>, folder: string): Entry[] {
    const name = entry.name.toString('utf8');
    if (Buffer.from(name).equals(entry.name)) return [{ name, path: join(folder, name), entry }];
    const readable = entry.name.toString('latin1');
    if (entry.isDirectory() || looksLikePicture(readable)) {
      this.skip(join(folder, name), 'name-unreadable', { folder, name });
    }
    return [];
  }

  /**
   * Finds out what an entry is. The answer adds it to the results, or names a folder to enter; looks run
   * together, answers are taken in order.
   */
  async #look({ name, path, entry }: Entry, { root, realRoot }: Place): Promise<() => string | null> {
    const nothing = () => null;
    try {
      if (entry.isSymbolicLink()) return await this.#lookThroughLink(name, path, root, realRoot);
      if (entry.isDirectory()) return this.#lookAtFolder(name, path);
      if (!looksLikePicture(name)) return nothing;
      const found = await lstat(path);
      if (found.isDirectory()) return this.#lookAtFolder(name, path);
      return () => {
        if (found.isFile()) this.#file(path, found, root, false);
        else this.skip(path, 'not-a-regular-file', { file: path, kind: kindOf(found) });
        return null;
      };
    } catch (error) {
      return () => {
        this.#refuse(path, error);
        return null;
      };
    }
  }

  #lookAtFolder(name: string, path: string): () => string | null {
    const skip = (kind: Phrase) => this.skip(path, 'not-a-regular-file', { file: path, kind }, true);
    if (name.startsWith('.')) {
      return () => {
        skip(phrase('kind-hidden-folder'));
        return null;
      };
    }
    return () => {
      // It is entered all the same: there may be pictures in it.
      if (looksLikePicture(name)) skip(phrase('kind-folder'));
      return path;
    };
  }

  /** Links to pictures inside the chosen folder are followed; what leads elsewhere, or to folders, is told. */
  async #lookThroughLink(
    name: string,
    path: string,
    root: string,
    realRoot: string,
  ): Promise<() => string | null> {
    const refusal = (code: ErrorCode, details: Details, folder: boolean) => () => {
      this.skip(path, code, details, folder);
      return null;
    };
    let target: Stats;
    try {
      target = await stat(path);
    } catch (error) {
      if (!looksLikePicture(name)) return () => null;
      const { code, details } = readError(error, path);
      return code === 'path-not-found'
        ? refusal('not-a-regular-file', { file: path, kind: phrase('kind-dead-link') }, false)
        : refusal(code, details, false);
    }
    if (!target.isDirectory() && !looksLikePicture(name)) return () => null;
    const folder = target.isDirectory();
    if (!isInside(await realpath(path), realRoot)) return refusal('outside-folder', { file: path }, folder);
    if (folder) return refusal('folder-loop', { path }, true);
    if (!target.isFile()) return refusal('not-a-regular-file', { file: path, kind: kindOf(target) }, false);
    return () => {
      this.#file(path, target, root, true);
      return null;
    };
  }

  #file(source: string, found: Stats, root: string | null, throughLink: boolean): void {
    const file: FoundFile = {
      source,
      root,
      throughLink,
      bytes: found.size,
      modifiedMs: found.mtimeMs,
      device: found.dev,
      inode: found.ino,
      links: found.nlink,
    };
    this.files.push(file);
    this.#options.onFile?.(file);
  }

  #refuse(path: string, error: unknown): void {
    const { code, details } = readError(error, path);
    this.skip(path, code, details);
  }
}

interface Place {
  readonly path: string;
  readonly root: string;
  readonly realRoot: string;
}

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly entry: Dirent<Buffer>;
}

/** Whether a real path is a folder or lies in it; `/a/bc` does not lie in `/a/b`. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function kindOf(found: Stats): Phrase {
  if (found.isFIFO()) return phrase('kind-pipe');
  if (found.isSocket()) return phrase('kind-socket');
  if (found.isCharacterDevice() || found.isBlockDevice()) return phrase('kind-device');
  return phrase(found.isDirectory() ? 'kind-folder' : 'kind-unknown');
}
