import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { isModelFile } from '../../contract/model-files.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { fitName, numberedName } from '../../storage/file-names.ts';
import { isAlive } from '../../storage/process-identity.ts';
import { writeError } from '../../storage/write-error.ts';
import { isInside } from '../inputs/walk.ts';
import { safeName } from '../naming/safe-name.ts';
import { makePrivateFolder, type Places } from '../places.ts';

/** So much of the disk stays free whatever is sent. */
const keptFree = 128 * 2 ** 20;
/** Between two looks at the disk. */
const lookEvery = 16 * 2 ** 20;
const deepest = 32;
/** Uploads of earlier days that no batch waits for are removed. */
const keptDays = 7;

/** The process that made a folder of uploads, by its name. */
const ofRun = /\d{4}-\d\d-\d\d-(\d+)-[0-9a-f]{8}$/;

export interface Upload {
  readonly path: string;
  /** The folder that was dropped and holds it; null for a file that was dropped itself. */
  readonly root: string | null;
  /** Its folder as it was in what was dropped. */
  readonly folder: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly model: boolean;
}

/** Keeps what pages send, below the app's own folder, in the tree in which it lay. */
export class Uploads {
  readonly #places: Places;
  readonly #free: (folder: string) => Promise<number>;
  /** The folder of this run. */
  #folder: Promise<string> | null = null;
  /** What was kept, by its path: the same file sent again is not kept twice. */
  readonly #hashes = new Map<string, string>();
  /** Files get their names one after another: two of one name that arrive together would both take it. */
  #naming: Promise<unknown> = Promise.resolve();

  constructor(places: Places, free: (folder: string) => Promise<number> = bytesFree) {
    this.#places = places;
    this.#free = free;
  }

  /**
   * @param path forward slashes, made safe here
   * @param modifiedMs when it was changed last, as the page says; now where it says nothing that can be
   * @returns what is there already when the same file was sent before
   * @throws AppError `disk-full`, `argument-invalid`
   */
  async keep(path: string, bytes: ReadableStream<Uint8Array>, modifiedMs?: number): Promise<Upload> {
    const parts = safeParts(path);
    const base = await this.#open();
    const folder = join(base, ...parts.slice(0, -1));
    await makePrivateFolder(folder);
    const part = join(folder, `.${randomBytes(6).toString('hex')}.part`);
    try {
      const hash = await this.#write(part, bytes, aDate(modifiedMs));
      const named = this.#naming.then(() => this.#place(part, folder, parts.at(-1) ?? '_', hash));
      this.#naming = named.catch(() => {});
      // From here to the row of it nothing is waited for: it would be forgotten meanwhile and have no row yet.
      const kept = await named;
      const model = isModelFile(kept.path);
      const root = parts.length > 1 ? join(base, parts[0] ?? '') : null;
      return { ...kept, root, folder: parts.slice(0, -1).join('/'), model };
    } catch (error) {
      await unlink(part).catch(() => {});
      throw error;
    }
  }

  /**
   * Rows of them were removed: nobody needs the copies any more. From the call on the same file can be sent again, and
   * is kept anew.
   */
  async forget(paths: readonly string[]): Promise<void> {
    const gone = paths.filter((path) => isInside(path, this.#places.uploads));
    for (const path of gone) this.#hashes.delete(path);
    // In turn with the naming, so that what is sent again gets its own name and not a numbered one; what was sent again
    // before its turn came, and is known anew, stays.
    const removed = this.#naming.then(() =>
      Promise.all(gone.filter((path) => !this.#hashes.has(path)).map(removeCopy)),
    );
    this.#naming = removed;
    await removed;
  }

  /** Removes uploads of earlier runs that are old and that nothing needs. What runs now may have them in its queue. */
  async prune(needed: readonly string[]): Promise<void> {
    for (const folder of await foldersOlderThan(keptDays, this.#places.uploads)) {
      const pid = ofRun.exec(folder)?.[1];
      if (pid !== undefined && isAlive(Number(pid))) continue;
      if (needed.some((path) => isInside(path, folder))) continue;
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }

  #open(): Promise<string> {
    const opened = (this.#folder ??= this.#make());
    opened.catch(() => (this.#folder = null));
    return opened;
  }

  async #make(): Promise<string> {
    await makePrivateFolder(this.#places.uploads);
    const day = new Date().toISOString().slice(0, 10);
    const name = `${day}-${process.pid}-${randomBytes(4).toString('hex')}`;
    const folder = join(this.#places.uploads, name);
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      throw writeError(error, join(folder, 'picture'));
    }
    return folder;
  }

  async #write(part: string, bytes: ReadableStream<Uint8Array>, modified: Date | null): Promise<string> {
    const hash = createHash('sha256');
    try {
      const handle = await open(part, 'wx', 0o600);
      try {
        let unseen = lookEvery;
        for await (const chunk of bytes) {
          unseen += chunk.length;
          if (unseen >= lookEvery) {
            unseen = 0;
            await this.#mustFit(part, lookEvery);
          }
          hash.update(chunk);
          await handle.writeFile(chunk);
        }
        if (modified) await handle.utimes(new Date(), modified);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw writeError(error, part);
    }
    return hash.digest('hex');
  }

  async #mustFit(part: string, more: number): Promise<void> {
    const { uploads } = this.#places;
    if ((await this.#free(uploads)) < keptFree + more) {
      throw new AppError('disk-full', { path: parse(part).dir });
    }
  }

  /** Its final name, numbered where another file has it. The same file keeps the one it has. */
  async #place(
    part: string,
    folder: string,
    name: string,
    hash: string,
  ): Promise<Pick<Upload, 'path' | 'bytes' | 'modifiedMs'>> {
    const { name: stem, ext } = parse(name);
    for (let n = 1; n < 10_000; n++) {
      const final = join(folder, numberedName(stem, ext.slice(1), n));
      const there = await stat(final).catch(() => null);
      if (there && this.#hashes.get(final) === hash) await unlink(part).catch(() => {});
      else if (there) continue;
      else await rename(part, final);
      const { size, mtimeMs } = await stat(final);
      this.#hashes.set(final, hash);
      return { path: final, bytes: size, modifiedMs: mtimeMs };
    }
    throw new AppError('output-exists', { file: join(folder, name) });
  }
}

/** Since 1970: earlier, no camera's file was made, and not every disk can say so. */
function aDate(ms: number | undefined): Date | null {
  const date = new Date(ms ?? NaN);
  return date.getTime() >= 0 ? date : null;
}

/** Windows keeps a file while it is being read: a view of it that is closed now lets go in a moment. */
async function removeCopy(path: string): Promise<void> {
  await rm(path, { force: true, maxRetries: 5, retryDelay: 100 }).catch(() => {});
}

/** @throws AppError `argument-invalid` for a path that names no file */
function safeParts(path: string): string[] {
  const parts = path
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .map((part) => fitName(safeName(part).replace(/^\.+/, '_'), ''));
  if (parts.length > 0 && parts.length <= deepest) return parts;
  throw new AppError('argument-invalid', {
    parameter: 'path',
    expected: phrase('expect-file-name'),
    received: `“${path.slice(0, 80)}”`,
  });
}

export async function bytesFree(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Folders in one of the app's own that were last added to longer ago than so many days. */
async function foldersOlderThan(days: number, parent: string): Promise<string[]> {
  const before = Date.now() - days * 24 * 3600 * 1000;
  const old: string[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name);
    const found = await stat(folder).catch(() => null);
    if (found && found.mtimeMs <= before) old.push(folder);
  }
  return old;
}
