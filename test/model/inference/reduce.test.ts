import { expect, test } from 'vitest';
import type { Raster } from '../../../model/image.ts';
import {
  addPart,
  addTile,
  boxesOf,
  bytesOfSums,
  emptySums,
  meansOf,
  smallestReduction,
} from '../../../model/inference/reduce.ts';
import { planTiles } from '../../../model/inference/plan-tiles.ts';
import { cutTile, tilesOf } from '../../../model/inference/tile-samples.ts';
import { cropRaster } from '../../../model/region.ts';
import { noise8 } from '../../fixtures/pictures.ts';

const picture: Raster = { width: 53, height: 37, channels: 3, samples: noise8(53 * 37 * 3) };

/** The mean of a box the plain way. */
function meanAt(x: number, y: number, channel: number, reduction: number): number {
  let [sum, count] = [0, 0];
  for (let v = y * reduction; v < Math.min(37, (y + 1) * reduction); v++) {
    for (let u = x * reduction; u < Math.min(53, (x + 1) * reduction); u++, count++) {
      sum += picture.samples[(v * 53 + u) * 3 + channel]! / 255;
    }
  }
  return sum / count;
}

test.each([2, 4, 16, 64])('means at 1/%i, summed up part by part, are those of the boxes', (reduction) => {
  const sums = emptySums(picture, 3, 2);
  for (const part of [
    { x: 0, y: 0, width: 21, height: 37 },
    { x: 21, y: 0, width: 32, height: 11 },
    { x: 21, y: 11, width: 32, height: 26 },
  ]) {
    addPart(sums, cropRaster(picture, part), part);
  }
  const boxes = boxesOf({ x: 0, y: 0, width: 53, height: 37 }, reduction);
  const means = meansOf(sums, boxes, reduction);
  expect(means.complete).not.toContain(0);
  means.samples.forEach((value, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [pixel % boxes.width, Math.floor(pixel / boxes.width)];
    expect(value).toBeCloseTo(meanAt(x, y, i % 3, reduction), 5);
  });
});

test('tiles of a plan add up to the same, and what they have not covered is known', () => {
  const plan = planTiles(picture, { radius: 3, multiple: 8, maxPixels: 32 * 32, maxSide: 32 });
  const tiles = tilesOf(plan);
  expect(tiles.length).toBeGreaterThan(2);
  const sums = emptySums(picture, 3, 4);
  const all = boxesOf({ x: 0, y: 0, width: 53, height: 37 }, 8);
  let complete = 0;
  for (const tile of tiles) {
    const before = meansOf(sums, all, 8).complete;
    expect(before).toContain(0);
    addTile(sums, cutTile(picture, tile, { kind: 'all' }), tile);
    const now = meansOf(sums, all, 8).complete.reduce((sum, whole) => sum + whole, 0);
    expect(now).toBeGreaterThanOrEqual(complete);
    complete = now;
  }
  expect(complete).toBe(all.width * all.height);
  expect(meansOf(sums, { x: 2, y: 1, width: 1, height: 1 }, 8).samples[1]).toBeCloseTo(meanAt(2, 1, 1, 8), 5);
});

test('regions are widened to whole boxes', () => {
  expect(boxesOf({ x: 7, y: 8, width: 2, height: 8 }, 8)).toEqual({ x: 0, y: 1, width: 2, height: 1 });
});

test('copies of 100 megapixels stay within 96 MB', () => {
  const size = { width: 12_000, height: 8400 };
  const reduction = smallestReduction(size, 3, 96e6);
  expect(reduction).toBe(4);
  expect((size.width / reduction) * (size.height / reduction) * (3 * 4 + 2)).toBeLessThan(96e6);
  expect(smallestReduction({ width: 6000, height: 4000 }, 3, 96e6)).toBe(2);
  expect(bytesOfSums(emptySums({ width: 64, height: 64 }, 3, 4))).toBe(16 * 16 * (3 * 4 + 2));
});
