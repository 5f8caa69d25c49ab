import type { Failure } from '../../../../contract/errors.ts';
import { failureOf } from '../../../../contract/errors.ts';
import type { WindowHost } from '../../../../contract/window-host.ts';
import type { TileCache } from './tile-cache.ts';
import type { WantedTile } from './wanted-tiles.ts';

/** Two at a time for the network, which takes one after the other, and two that need none of it. */
const atOnce = 4;
/** What nobody waits for is not to fill the network's line. */
const spareAtOnce = 2;

/** Fetches what is wanted, most wanted first; what is no longer wanted is stopped. */
export class TileLoader {
  readonly #host: WindowHost;
  readonly #cache: TileCache<ImageBitmap>;
  readonly #onTile: () => void;
  readonly #onFailure: (failure: Failure) => void;
  readonly #running = new Map<string, AbortController>();
  readonly #refused = new Set<string>();
  /** What was refused while nobody waited for it: asked for anew when somebody does. */
  readonly #passedOver = new Set<string>();
  #wanted: readonly WantedTile[] = [];
  /** What is waited for. */
  #needed = new Set<string>();
  #round = 0;

  constructor(
    host: WindowHost,
    cache: TileCache<ImageBitmap>,
    onTile: () => void,
    onFailure: (failure: Failure) => void,
  ) {
    this.#host = host;
    this.#cache = cache;
    this.#onTile = onTile;
    this.#onFailure = onFailure;
  }

  /** Also where it has not been asked for yet, because what was asked for before is only ending. */
  get waiting(): boolean {
    return this.#wanted.some((wanted) => {
      const key = keyOf(wanted);
      return this.#needed.has(key) && !this.#refused.has(key) && !this.#isThere(wanted);
    });
  }

  /** @param spare what may be of use later: fetched last, and waited for by nobody */
  want(wanted: readonly WantedTile[], spare: readonly WantedTile[] = []): void {
    this.#wanted = [...wanted, ...spare];
    this.#needed = new Set(wanted.map(keyOf));
    const keys = new Set(this.#wanted.map(keyOf));
    for (const [key, controller] of this.#running) if (!keys.has(key)) controller.abort();
    this.#next();
  }

  /** Tiles that were not complete may have more to show now. */
  refresh(): void {
    this.#round++;
    this.#next();
  }

  /** Forgets what was refused, and stops what runs. */
  reset(): void {
    this.#refused.clear();
    this.#passedOver.clear();
    this.want([]);
  }

  #next(): void {
    for (const wanted of this.#wanted) {
      const key = keyOf(wanted);
      const needed = this.#needed.has(key);
      if (this.#atWork >= (needed ? atOnce : spareAtOnce)) return;
      if (this.#running.has(key) || this.#refused.has(key)) continue;
      if (this.#passedOver.has(key) && !needed) continue;
      if (this.#isThere(wanted)) continue;
      void this.#fetch(key, wanted);
    }
  }

  /** What was stopped keeps nothing else from beginning. */
  get #atWork(): number {
    return [...this.#running.values()].filter(({ signal }) => !signal.aborted).length;
  }

  /** Also where it is not complete and has nothing more to show yet. */
  #isThere({ content, place, tile: { region, reduction } }: WantedTile): boolean {
    if (reduction === 1) return this.#cache.shows(content, region);
    const cached = this.#cache.holding(content, place, region);
    return cached !== null && (cached.complete || cached.round >= this.#round);
  }

  async #fetch(key: string, { content, place, tile }: WantedTile): Promise<void> {
    const controller = new AbortController();
    const round = this.#round;
    this.#running.set(key, controller);
    try {
      const reply = await this.#host.pixels(tile, controller.signal);
      if (controller.signal.aborted) return;
      if (reply.ok) {
        const { png, complete } = reply.value;
        const bitmap = await createImageBitmap(png);
        this.#cache.put(content, { place, region: tile.region, complete, round, bitmap });
        this.#onTile();
      } else if (reply.code !== 'cancelled') {
        this.#refuse(key, reply);
      }
    } catch (thrown) {
      if (!controller.signal.aborted) this.#refuse(key, failureOf(thrown));
    } finally {
      this.#running.delete(key);
      this.#next();
      this.#onTile();
    }
  }

  #refuse(key: string, failure: Failure): void {
    if (!this.#needed.has(key)) return void this.#passedOver.add(key);
    this.#refused.add(key);
    this.#onFailure(failure);
  }
}

const keyOf = ({ content, place }: WantedTile) =>
  `${content}#${place.reduction}/${place.column}/${place.row}`;
