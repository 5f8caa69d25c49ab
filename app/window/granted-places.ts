import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { Place } from '../../contract/window-api.ts';

/** The oldest are forgotten beyond this. */
const mostPlaces = 100_000;

/** Files and folders that the app has shown to a window, by the only names a window can give them: ids. */
export class GrantedPlaces {
  readonly #byId = new Map<string, { readonly path: string; readonly place: Place }>();
  readonly #ids = new Map<string, string>();

  /** The id of a place that is shown; the same place has the same one each time. */
  grant(path: string, kind: Place['kind'], name = basename(path) || path): Place {
    const key = `${kind} ${path}`;
    const known = this.#byId.get(this.#ids.get(key) ?? '');
    if (known) return known.place;
    const place: Place = { id: `p${randomBytes(9).toString('base64url')}`, name, kind };
    this.#byId.set(place.id, { path, place });
    this.#ids.set(key, place.id);
    this.#forgetOldest();
    return place;
  }

  /** @throws AppError `place-not-found` for an id that was not given out */
  find(id: string, kind?: Place['kind']): string {
    const known = this.#byId.get(id);
    if (!known || (kind && known.place.kind !== kind)) throw new AppError('place-not-found');
    return known.path;
  }

  #forgetOldest(): void {
    if (this.#byId.size <= mostPlaces) return;
    const [oldest] = this.#byId;
    if (!oldest) return;
    const [id, { path, place }] = oldest;
    this.#byId.delete(id);
    this.#ids.delete(`${place.kind} ${path}`);
  }
}
