import { readdir, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, extname, join, parse } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { pictureExtensions, unreadableExtensions } from '../../contract/image.ts';
import { modelEndings } from '../../contract/model-files.ts';
import type { Listing, Place, WindowRequest } from '../../contract/window-api.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { readJson, writeJson } from '../../storage/durable-json.ts';
import { makeFolder as makeFolderAt } from '../../storage/make-folder.ts';
import { systemCode, writeError } from '../../storage/write-error.ts';
import { naturalOrder } from '../inputs/natural-order.ts';
import { readError } from '../inputs/read-error.ts';
import { makePrivateFolder } from '../places.ts';
import { safeName } from '../naming/safe-name.ts';
import type { GrantedPlaces } from './granted-places.ts';

const remembered = z.object({ version: z.literal(1), folder: z.string() });

type Show = WindowRequest<'browse'>['show'];

const pictures: ReadonlySet<string> = new Set([...pictureExtensions, ...unreadableExtensions]);
const shownFiles: Readonly<Record<Show, ReadonlySet<string>>> = {
  folders: new Set(),
  pictures,
  models: new Set(modelEndings),
};

/** More would help nobody to find something. */
const mostShown = 20_000;
const together = 64;

/** Looks into folders for windows whose host has no picker of its own. */
export class Browser {
  readonly #places: GrantedPlaces;
  readonly #home: string;
  /** Where the folder that was looked into last is kept over restarts; null: nowhere. */
  readonly #memory: string | null;
  #last: string | null = null;

  constructor(places: GrantedPlaces, home = homedir(), memory: string | null = null) {
    this.#places = places;
    this.#home = home;
    this.#memory = memory;
  }

  /** @throws AppError `place-not-found`, and what keeps a folder from being read */
  async list({ place, show }: WindowRequest<'browse'>): Promise<Listing> {
    const path = place === null ? await this.#start() : this.#places.find(place, 'folder');
    const found = await this.#entries(path, show);
    await this.#remember(path);
    const above = dirname(path);
    return {
      label: path,
      here: this.#places.grant(path, 'folder'),
      parent: above === path ? null : this.#places.grant(above, 'folder'),
      roots: await this.#roots(),
      ...found,
    };
  }

  async makeFolder({ place, name }: WindowRequest<'makeFolder'>): Promise<Place> {
    const path = join(this.#places.find(place, 'folder'), safeName(name));
    try {
      await makeFolderAt(path);
    } catch (error) {
      const there = await stat(path).catch(() => null);
      if (!there || there.isDirectory()) throw writeError(error, join(path, 'file'));
      throw new AppError(
        'output-unwritable',
        { file: path, reason: phrase('reason-file-has-name') },
        { cause: error },
      );
    }
    return this.#places.grant(path, 'folder');
  }

  /** Where the person was last, else among their pictures, else at home. */
  async #start(): Promise<string> {
    const likely = [this.#last ?? (await this.#remembered()), join(this.#home, 'Pictures')].filter(
      (path) => path !== null,
    );
    for (const path of likely) if ((await kindOf(path)) === 'folder') return path;
    return this.#home;
  }

  async #remembered(): Promise<string | null> {
    if (this.#memory === null) return null;
    const found = await readJson(this.#memory, (raw) => remembered.parse(raw).folder);
    return found.state === 'read' ? found.value : null;
  }

  /** A convenience: where it cannot be written down, the next start begins elsewhere. */
  async #remember(folder: string): Promise<void> {
    if (folder === this.#last) return;
    this.#last = folder;
    if (this.#memory === null) return;
    try {
      await makePrivateFolder(dirname(this.#memory));
      await writeJson(this.#memory, { version: 1, folder });
    } catch {
      // Said above.
    }
  }

  /** Folders first, both in the order of people; what is hidden stays so. */
  async #entries(path: string, show: Show): Promise<Pick<Listing, 'places' | 'pictures'>> {
    const names = await readdir(path).catch((error: unknown) => {
      throw readError(error, path);
    });
    const order = naturalOrder();
    const shown = names
      .filter((name) => !name.startsWith('.'))
      .sort(order)
      .slice(0, mostShown);
    const folders: Place[] = [];
    const files: Place[] = [];
    let count = 0;
    for (let at = 0; at < shown.length; at += together) {
      const some = shown.slice(at, at + together);
      const kinds = await Promise.all(some.map((name) => kindOf(join(path, name))));
      some.forEach((name, index) => {
        const kind = kinds[index];
        const extension = kind === 'file' ? extname(name).slice(1).toLowerCase() : '';
        if (pictures.has(extension)) count++;
        if (kind === 'folder') folders.push(this.#places.grant(join(path, name), 'folder'));
        else if (shownFiles[show].has(extension)) files.push(this.#places.grant(join(path, name), 'file'));
      });
    }
    return { places: [...folders, ...files], pictures: count };
  }

  async #roots(): Promise<Place[]> {
    const home = this.#places.grant(this.#home, 'folder');
    const others = (await rootFolders()).filter((path) => path !== this.#home);
    return [home, ...others.map((path) => this.#places.grant(path, 'folder', nameOfRoot(path)))];
  }
}

async function kindOf(path: string): Promise<Place['kind'] | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : null;
  } catch {
    return null;
  }
}

const nameOfRoot = (path: string): string => basename(path) || path;

/** The root of each disk, and the disks that were plugged in. */
async function rootFolders(): Promise<string[]> {
  if (process.platform === 'win32') return drives();
  const media =
    process.platform === 'darwin'
      ? await foldersIn('/Volumes')
      : (await Promise.all(mediaFolders().map(foldersIn))).flat();
  return [parse(process.cwd()).root, ...media];
}

function mediaFolders(): string[] {
  const { username } = userInfo();
  return [join('/media', username), join('/run/media', username), '/mnt'];
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => join(folder, name));
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return [];
  }
}

async function drives(): Promise<string[]> {
  const all = Array.from({ length: 26 }, (_, index) => `${String.fromCharCode(65 + index)}:\\`);
  const there = await Promise.all(all.map((path) => kindOf(path)));
  return all.filter((_, index) => there[index] === 'folder');
}
