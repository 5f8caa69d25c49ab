import { afterEach, expect, test, vi } from 'vitest';
import { viewChoices, viewTile, type ViewTile } from '../../contract/view.ts';
import { TileCache } from '../../renderer/screens/clean/viewer/tile-cache.ts';
import type { WantedTile } from '../../renderer/screens/clean/viewer/wanted-tiles.ts';
import { useRuneModules } from './rune-modules.ts';

/** What is tested of it: the rest of its types are those of a page. */
interface Loader {
  readonly waiting: boolean;
  want(wanted: readonly WantedTile[], spare: readonly WantedTile[]): void;
}
type Pixels = (tile: ViewTile, signal: AbortSignal) => Promise<unknown>;
interface LoaderModule {
  readonly TileLoader: new (
    host: { readonly pixels: Pixels },
    cache: TileCache<{ width: number; height: number; close(): void }>,
    onTile: () => void,
    onFailure: () => void,
  ) => Loader;
}

const load = useRuneModules();

/** What was asked for; an answer to what was stopped may come all the same. */
interface Asked {
  readonly column: number;
  readonly signal: AbortSignal;
  answer(): void;
}

async function openLoader(): Promise<{ loader: Loader; asked: Asked[]; columns: () => number[] }> {
  vi.stubGlobal('createImageBitmap', () => Promise.resolve({ width: 8, height: 8, close: () => {} }));
  const asked: Asked[] = [];
  const pixels: Pixels = (tile, signal) =>
    new Promise((resolve) =>
      asked.push({
        ...{ column: tile.region.x / 8, signal },
        answer: () => resolve({ ok: true, value: { png: new Blob([]), complete: true } }),
      }),
    );
  const { TileLoader } = await load<LoaderModule>('renderer/screens/clean/viewer/tile-loader.ts');
  const nothing = () => {};
  const loader = new TileLoader({ pixels }, new TileCache(1e6), nothing, nothing);
  return { loader, asked, columns: () => asked.map(({ column }) => column) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

afterEach(() => vi.unstubAllGlobals());

function wanted(column: number): WantedTile {
  const region = { x: 8 * column, y: 0, width: 8, height: 8 };
  const tile: ViewTile = viewTile.parse({
    ...{ view: 'v', layer: 'denoised', region, reduction: 1, choices: viewChoices.parse({}) },
  });
  return { content: 'v/0/denoised', place: { reduction: 1, column, row: 0 }, tile };
}

test('of what nobody waits for two are fetched at a time, of what is waited for four', async () => {
  const { loader, asked, columns } = await openLoader();
  loader.want([], [0, 1, 2, 3].map(wanted));
  expect(columns()).toEqual([0, 1]);
  expect(loader.waiting).toBe(false);
  asked[0]?.answer();
  await settled();
  expect(columns()).toEqual([0, 1, 2]);

  // What is stopped takes no place from what is waited for.
  loader.want([10, 11, 12, 13, 14].map(wanted), []);
  expect(columns().slice(3)).toEqual([10, 11, 12, 13]);
  expect(loader.waiting).toBe(true);
});

test('what was stopped and is wanted again is waited for, and asked for again', async () => {
  const { loader, asked, columns } = await openLoader();
  loader.want([], [wanted(0)]);
  loader.want([], []);
  expect(asked[0]?.signal.aborted).toBe(true);
  loader.want([wanted(0)], []);
  expect(loader.waiting).toBe(true);
  asked[0]?.answer();
  await settled();
  expect(columns()).toEqual([0, 0]);
  expect(loader.waiting).toBe(true);
  asked[1]?.answer();
  await settled();
  expect(loader.waiting).toBe(false);
});
