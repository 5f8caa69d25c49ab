import { expect, test } from 'vitest';
import {
  contentKey,
  sidePanes,
  splitPanes,
  type Content,
} from '../../renderer/screens/clean/viewer/panes.ts';
import { TileCache } from '../../renderer/screens/clean/viewer/tile-cache.ts';
import {
  reductionFor,
  reductions,
  seenPlace,
  tileRegion,
  tileSide,
  visibleTiles,
  type TilePlace,
} from '../../renderer/screens/clean/viewer/tiles.ts';
import { contains, fitted } from '../../renderer/screens/clean/viewer/geometry.ts';
import { seenTiles } from '../../renderer/screens/clean/viewer/wanted-tiles.ts';
import { variantsOf } from '../../renderer/screens/clean/viewer/variants.ts';

const choices = { model: 'default', noiseFactor: 'auto', strength: 1, added: null } as const;
const content = (changes: Partial<Content> = {}): Content => ({
  layer: 'denoised',
  choices,
  amplification: 4,
  ...changes,
});

test.each([
  [32, 1],
  [1, 1],
  [0.6, 1],
  [0.5, 2],
  [0.3, 2],
  [0.25, 4],
  [0.02, 32],
  [0.001, 128],
])('at a zoom of %f pixels are reduced %i times, never coarser than the screen', (zoom, reduction) => {
  expect(reductionFor(zoom)).toBe(reduction);
});

test.each([
  [6000, 4000, 1],
  [1, 1, 1],
  [513, 511, 1],
  [5001, 333, 4],
] as const)('the tiles of %i × %i pixels cover every pixel once', (width, height, reduction) => {
  const picture = { width, height };
  const camera = { x: width / 2, y: height / 2, zoom: 1 / reduction };
  const tiles = visibleTiles(camera, picture, picture).filter((tile) => tile.reduction === reduction);
  const regions = tiles.map((tile) => tileRegion(tile, picture));
  expect(regions.reduce((sum, region) => sum + region.width * region.height, 0)).toBe(width * height);
  expect(new Set(regions.map(({ x, y }) => `${x} ${y}`)).size).toBe(regions.length);
  for (const region of regions) {
    expect(region.width).toBeGreaterThan(0);
    expect(region.x + region.width).toBeLessThanOrEqual(width);
    expect(region.width).toBeLessThanOrEqual(tileSide * reduction);
  }
});

test('only what is seen is asked for, the middle first', () => {
  const tiles = visibleTiles(
    { x: 3000, y: 2000, zoom: 1 },
    { width: 6000, height: 4000 },
    { width: 800, height: 600 },
  );
  expect(tiles.length).toBeLessThanOrEqual(3 * 3);
  expect(tiles[0]).toEqual({ reduction: 1, column: Math.floor(3000 / 512), row: Math.floor(2000 / 512) });
});

test('a hundred megapixels that are fitted need no more tiles than the screen has room for', () => {
  const picture = { width: 12_000, height: 8_400 };
  const viewport = { width: 1600, height: 1000 };
  expect(visibleTiles(fitted(picture, viewport), picture, viewport).length).toBeLessThanOrEqual(5 * 4);
  expect(reductions).toContain(visibleTiles(fitted(picture, viewport), picture, viewport)[0]?.reduction);
});

test('what decides on pixels tells contents apart, and nothing else does', () => {
  const stronger = { ...choices, strength: 0.5 };
  expect(contentKey(content())).not.toBe(contentKey(content({ choices: stronger })));
  expect(contentKey(content({ layer: 'noisy' }))).toBe(
    contentKey(content({ layer: 'noisy', choices: stronger })),
  );
  expect(contentKey(content({ amplification: 9 }))).toBe(contentKey(content()));
  expect(contentKey(content({ layer: 'residual', amplification: 9 }))).not.toBe(
    contentKey(content({ layer: 'residual' })),
  );
});

test('a split shows each pixel of the stage once, for any place of the line', () => {
  const part = { id: 'one', content: content() };
  for (const divider of [0, 0.3, 0.5, 1]) {
    const [left, right] = splitPanes(part, part, { width: 801, height: 600 }, divider);
    expect(left!.clip.width + right!.clip.width).toBe(801);
    expect(right!.clip.x).toBe(left!.clip.width);
    expect(left!.box).toEqual(right!.box);
  }
});

test('four variants stand two by two, all of one size', () => {
  const parts = ['a', 'b', 'c', 'd'].map((id) => ({ id, content: content() }));
  const panes = sidePanes(parts, { width: 1004, height: 804 });
  expect(panes.map(({ box }) => [box.x, box.y])).toEqual([
    [0, 0],
    [504, 0],
    [0, 404],
    [504, 404],
  ]);
});

/** As the browser's: without a size once it is closed. */
class Bitmap {
  width: number;
  height: number;
  readonly #onClose: () => void;

  constructor(width: number, height: number, onClose = () => {}) {
    this.width = width;
    this.height = height;
    this.#onClose = onClose;
  }

  close(): void {
    this.width = 0;
    this.height = 0;
    this.#onClose();
  }
}

test('the cache keeps so many pixels, and closes the tiles that were not used for longest', () => {
  const closed: string[] = [];
  const cache = new TileCache<Bitmap>(1000);
  const place = { reduction: 1, column: 0, row: 0 } as const;
  const region = { x: 0, y: 0, width: 512, height: 512 };
  const put = (content: string, width: number) => {
    const bitmap = new Bitmap(width, 10, () => closed.push(content));
    cache.put(content, { place, region, bitmap, complete: true, round: 0 });
  };
  put('first', 40);
  put('second', 40);
  cache.get('first', place);
  put('third', 40);
  expect(closed).toEqual(['second']);
  // What replaces another counts once, and one tile is kept however large it is.
  put('third', 60);
  expect(closed).toEqual(['second', 'third']);
  put('huge', 500);
  expect(closed).toEqual(['second', 'third', 'first', 'third']);
  expect(cache.get('huge', place)).not.toBeNull();
  put('small', 100);
  expect(closed.slice(4)).toEqual(['huge']);
  cache.clear();
  expect(closed.slice(5)).toEqual(['small']);
});

test('variants are around the measured factor, differ, and stay within what the model knows', () => {
  const variants = variantsOf('factor', choices, 0.12, 0.22, []);
  const factors = variants.map(({ choices: { noiseFactor } }) => Number(noiseFactor));
  expect(factors).toContain(0.12);
  expect(new Set(factors).size).toBe(4);
  expect(Math.max(...factors)).toBeLessThanOrEqual(0.22);
});

test.each([0, 0.008, 0.015, 0.0196])(
  'one of them is the present one, of a picture with little noise (%f) too',
  (factor) => {
    const factors = variantsOf('factor', choices, factor, 0.22, []).map(
      ({ choices: { noiseFactor } }) => noiseFactor,
    );
    expect(factors).toContain(Math.round(factor * 1000) / 1000);
    if (factor > 0) expect(Number(factors[0])).toBeLessThan(factor);
    expect(factors).toEqual([...new Set(factors)].sort((one, other) => Number(one) - Number(other)));
    expect(factors.length).toBeGreaterThanOrEqual(3);
  },
);

test('at most four models are compared', () => {
  expect(variantsOf('model', choices, 0.1, 0.22, ['a', 'b', 'c', 'd', 'e'])).toHaveLength(4);
});

const picture = { width: 6000, height: 4000 };
const area = (tiles: ReturnType<typeof seenTiles>) =>
  tiles.reduce((sum, { tile }) => sum + tile.region.width * tile.region.height, 0);

/** The cleaned tiles of a split stage that looks somewhere in the middle of the picture. */
function cleanedTiles(stage: { width: number; height: number }, resting: boolean) {
  const noisy = { id: 'a', content: content({ layer: 'noisy' }) };
  const panes = splitPanes(noisy, { id: 'b', content: content() }, stage, 0.5);
  const camera = { x: 3001, y: 2003, zoom: 1 };
  const tiles = seenTiles({ view: 'v', page: 0, picture, camera, panes, ahead: [], resting });
  return tiles.filter(({ tile }) => tile.layer === 'denoised');
}

test('what is seen of a cleaned picture is one tile, and hardly more', () => {
  const cleaned = cleanedTiles({ width: 512, height: 512 }, false);
  expect(cleaned).toHaveLength(1);
  expect(area(cleaned)).toBeGreaterThanOrEqual(256 * 512);
  expect(area(cleaned)).toBeLessThanOrEqual((256 + 16) * (512 + 16));
});

test('at rest all of the viewport follows, of which one run of the network serves every tile', () => {
  const [first, ...rest] = cleanedTiles({ width: 512, height: 512 }, true);
  expect([first]).toEqual(cleanedTiles({ width: 512, height: 512 }, false));
  expect(area(rest)).toBeGreaterThanOrEqual(512 * 512);
  expect(area(rest)).toBeLessThanOrEqual((512 + 16) * (512 + 16));
  const [seen] = rest.map(({ tile }) => tile.seen);
  for (const { tile } of rest) {
    expect(tile.seen).toEqual(seen);
    expect(contains(seen!, tile.region)).toBe(true);
  }
});

test('a large view comes square by square, of what is seen alone', () => {
  const stage = { width: 3840, height: 2160 };
  const cleaned = cleanedTiles(stage, false);
  expect(cleaned.length).toBeGreaterThan(8);
  for (const { tile } of cleaned) expect(tile.region.width).toBeLessThanOrEqual(tileSide);
  expect(area(cleaned)).toBeLessThanOrEqual((stage.width / 2 + 16) * (stage.height + 16));
});

test('tiles that show a region together need not be fetched again', () => {
  const cache = new TileCache<Bitmap>(1e6);
  const put = (place: TilePlace, x: number, width: number) => {
    const region = { x, y: 8, width, height: 100 };
    cache.put('content', { place, region, bitmap: new Bitmap(width, 100), complete: true, round: 0 });
  };
  put({ reduction: 1, column: 0, row: 0 }, 400, 112);
  put(seenPlace, 520, 200);
  expect(cache.shows('content', { x: 410, y: 8, width: 300, height: 100 })).toBe(false);
  put({ reduction: 1, column: 1, row: 0 }, 512, 50);
  expect(cache.shows('content', { x: 410, y: 8, width: 300, height: 100 })).toBe(true);
  expect(cache.shows('content', { x: 410, y: 8, width: 300, height: 101 })).toBe(false);
  expect(cache.shows('content', { x: 410, y: 8, width: 311, height: 100 })).toBe(false);
  expect(cache.shows('other', { x: 410, y: 8, width: 1, height: 1 })).toBe(false);
  // Coarser ones show it, but not as it is.
  put({ reduction: 2, column: 0, row: 0 }, 0, 1024);
  expect(cache.shows('content', { x: 410, y: 8, width: 311, height: 100 })).toBe(false);
});

test('below 100 % whole tiles are asked for', () => {
  const panes = sidePanes([{ id: 'a', content: content() }], { width: 600, height: 400 });
  const camera = { x: 3000, y: 2000, zoom: 0.1 };
  const tiles = seenTiles({ view: 'v', page: 0, picture, camera, panes, ahead: [], resting: false });
  expect(tiles.length).toBeGreaterThan(0);
  for (const { tile } of tiles) expect(tile.seen).toBeNull();
});
