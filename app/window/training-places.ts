import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { TrainingPlace } from '../../contract/training-view.ts';
import { readError } from '../inputs/read-error.ts';
import type { Places } from '../places.ts';
import type { GrantedPlaces } from './granted-places.ts';
import { droppedPath } from './upload-names.ts';
import type { Uploads } from './uploads.ts';

/** Folders and pictures that a person chose to train on, by the ids under which a window names them. */
export class TrainingPlaces {
  readonly #granted: GrantedPlaces;
  readonly #uploads: Uploads;
  readonly #folders: Places;

  /** @param uploads keeps what pages send to train on, apart from what they send to clean */
  constructor(granted: GrantedPlaces, uploads: Uploads, folders: Places) {
    this.#granted = granted;
    this.#uploads = uploads;
    this.#folders = folders;
  }

  /** @throws AppError what keeps a path from being read */
  add(paths: readonly string[]): Promise<TrainingPlace[]> {
    return Promise.all(paths.map((path) => this.#placeOf(path)));
  }

  /** Keeps a file of a page. The files of one dropped folder are one place. */
  async keep(path: string, bytes: ReadableStream<Uint8Array>): Promise<TrainingPlace> {
    const kept = await this.#uploads.keep(path, bytes);
    return this.#placeOf(kept.root ?? kept.path);
  }

  /** Those of before, also where they are not there any more. */
  known(paths: readonly string[]): Promise<TrainingPlace[]> {
    return Promise.all(
      paths.map(async (path) => {
        const found = await stat(path).catch(() => null);
        return this.#grant(path, found?.isFile() ? 'file' : 'folder');
      }),
    );
  }

  /** @throws AppError `place-not-found` for an id that was not given out */
  find(places: readonly string[]): string[] {
    return places.map((place) => this.#granted.find(place));
  }

  async #placeOf(path: string): Promise<TrainingPlace> {
    const found = await stat(path).catch((error: unknown) => {
      throw readError(error, path);
    });
    return this.#grant(path, found.isDirectory() ? 'folder' : 'file');
  }

  #grant(path: string, kind: TrainingPlace['kind']): TrainingPlace {
    const place = this.#granted.grant(path, kind);
    return { ...place, name: basename(path), label: droppedPath(path, this.#folders.uploads) ?? path };
  }
}
