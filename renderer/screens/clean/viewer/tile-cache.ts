import { sharedPart } from '../../../../contract/rectangle.ts';
import type { Box } from './geometry.ts';
import { contains, cover } from './geometry.ts';
import type { TilePlace } from './tiles.ts';

/** A tile that has arrived. */
export interface CachedTile<Bitmap> {
  readonly place: TilePlace;
  /** What the bitmap shows, in pixels of the picture: all of its place, or the part that was seen. */
  readonly region: Box;
  readonly bitmap: Bitmap;
  /** False while the network has not been over all of it; asked for again when it has got further. */
  readonly complete: boolean;
  /** What `refresh` stood at when it was asked for. */
  readonly round: number;
}

/** What of an `ImageBitmap` counts for keeping it. */
export interface KeptBitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}

/** Keeps the tiles that were used last, and gives back the memory of the others. */
export class TileCache<Bitmap extends KeptBitmap> {
  readonly #tiles = new Map<string, Map<string, CachedTile<Bitmap>>>();
  readonly #used = new Map<string, { content: string; place: string }>();
  readonly #most: number;
  /** Pixels of all that is kept. */
  #held = 0;

  /** @param most how many pixels are kept, of 4 bytes each */
  constructor(most: number) {
    this.#most = most;
  }

  get(content: string, place: TilePlace): CachedTile<Bitmap> | null {
    const key = placeKey(place);
    const tile = this.#tiles.get(content)?.get(key);
    if (!tile) return null;
    this.#touch(content, key);
    return tile;
  }

  /** The tile where it shows all of a region. */
  holding(content: string, place: TilePlace, region: Box): CachedTile<Bitmap> | null {
    const tile = this.get(content, place);
    return tile && contains(tile.region, region) ? tile : null;
  }

  /** Whether tiles of full size, which are always complete, show all of a region together. */
  shows(content: string, region: Box): boolean {
    const tiles = this.#tiles.get(content) ?? new Map<string, CachedTile<Bitmap>>();
    const used = [...tiles].filter(
      ([, tile]) => tile.place.reduction === 1 && sharedPart(tile.region, region),
    );
    for (const [key] of used) this.#touch(content, key);
    return cover(
      used.map(([, tile]) => tile.region),
      region,
    );
  }

  put(content: string, tile: CachedTile<Bitmap>): void {
    const tiles = this.#tiles.get(content) ?? new Map<string, CachedTile<Bitmap>>();
    this.#tiles.set(content, tiles);
    const key = placeKey(tile.place);
    this.#release(tiles.get(key));
    tiles.set(key, tile);
    this.#held += tile.bitmap.width * tile.bitmap.height;
    this.#touch(content, key);
    for (const [oldest, at] of this.#used) {
      if (this.#held <= this.#most || this.#used.size === 1) break;
      this.#forget(oldest, at.content, at.place);
    }
  }

  /** All that is known of a content, coarse tiles first, so that finer ones are drawn over them. */
  of(content: string): CachedTile<Bitmap>[] {
    const tiles = [...(this.#tiles.get(content)?.values() ?? [])];
    return tiles.sort((one, other) => other.place.reduction - one.place.reduction);
  }

  clear(): void {
    for (const [key, at] of [...this.#used]) this.#forget(key, at.content, at.place);
  }

  #touch(content: string, place: string): void {
    const key = `${content}#${place}`;
    this.#used.delete(key);
    this.#used.set(key, { content, place });
  }

  #forget(key: string, content: string, place: string): void {
    this.#used.delete(key);
    const tiles = this.#tiles.get(content);
    this.#release(tiles?.get(place));
    tiles?.delete(place);
    if (tiles?.size === 0) this.#tiles.delete(content);
  }

  #release(tile: CachedTile<Bitmap> | undefined): void {
    if (!tile) return;
    // A bitmap that is closed has no size any more.
    this.#held -= tile.bitmap.width * tile.bitmap.height;
    tile.bitmap.close();
  }
}

const placeKey = ({ reduction, column, row }: TilePlace) => `${reduction}/${column}/${row}`;
