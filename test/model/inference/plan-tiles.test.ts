import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namedNetworks } from '../../../contract/network.ts';
import { geometryOf } from '../../../model/networks/geometry.ts';
import { overlapCost, planAxis, planTiles, type AxisPlan } from '../../../model/inference/plan-tiles.ts';

const rules = fc.record({
  radius: fc.integer({ min: 0, max: 60 }),
  multiple: fc.constantFrom(1, 4, 8),
  maxPixels: fc.integer({ min: 1, max: 400_000 }),
  maxSide: fc.constantFrom(64, 200, 512, Infinity),
});

function expectSound(plan: AxisPlan, length: number, radius: number, multiple: number) {
  const padded = Math.ceil(length / multiple) * multiple;
  let covered = 0;
  expect(plan.tileLength % multiple).toBe(0);
  for (const { read, keep, keepLength } of plan.spans) {
    expect(read % multiple).toBe(0);
    expect(keep).toBe(covered);
    expect(keepLength).toBeGreaterThan(0);
    const end = read + plan.tileLength;
    expect(end).toBeLessThanOrEqual(padded);
    if (read > 0) expect(keep - read).toBeGreaterThanOrEqual(radius);
    if (end < padded) expect(end - (keep + keepLength)).toBeGreaterThanOrEqual(radius);
    covered += keepLength;
  }
  expect(covered).toBe(length);
}

test('every pixel is kept once, at least a radius inside its tile, and tiles begin on the size multiple', () => {
  const side = fc.integer({ min: 1, max: 3000 });
  fc.assert(
    fc.property(side, side, rules, (width, height, limits) => {
      const { rows, columns } = planTiles({ width, height }, limits);
      expectSound(rows, height, limits.radius, limits.multiple);
      expectSound(columns, width, limits.radius, limits.multiple);
    }),
    { numRuns: 60 },
  );
});

test('an axis is cut into as many tiles as asked, when they are longer than their overlap', () => {
  for (const count of [1, 2, 3, 7]) {
    const plan = planAxis(4001, count, { radius: 47, multiple: 8 });
    expect(plan.spans).toHaveLength(count);
    expectSound(plan, 4001, 47, 8);
  }
});

test('tiles keep to the limits, and one that cannot be small enough is as small as is useful', () => {
  const size = { width: 2000, height: 1500 };
  const kept = planTiles(size, { radius: 20, multiple: 8, maxPixels: 300_000, maxSide: 700 });
  expect(kept.rows.tileLength * kept.columns.tileLength).toBeLessThanOrEqual(300_000);
  expect(Math.max(kept.rows.tileLength, kept.columns.tileLength)).toBeLessThanOrEqual(700);
  const tight = planTiles(size, { radius: 20, multiple: 8, maxPixels: 1, maxSide: 8 });
  expect(tight.rows.tileLength).toBeLessThan(80);
  expectSound(tight.rows, 1500, 20, 8);
});

test('M6: a network that looks far is given tiles that are more than overlap, whatever the limits', () => {
  const size = { width: 6000, height: 4000 };
  for (const maxSide of [64, 768, Infinity]) {
    const { rows, columns } = planTiles(size, { radius: 256, multiple: 8, maxPixels: 1, maxSide });
    expect(rows.spans.length * columns.spans.length).toBeLessThan(2000);
    expectSound(rows, 4000, 256, 8);
    expectSound(columns, 6000, 256, 8);
  }
});

test('a picture that fits is one tile, reaching to the next size multiple', () => {
  const plan = planTiles(
    { width: 101, height: 64 },
    { radius: 47, multiple: 8, maxPixels: 1e6, maxSide: Infinity },
  );
  expect(plan).toEqual({
    columns: { tileLength: 104, spans: [{ read: 0, keep: 0, keepLength: 101 }] },
    rows: { tileLength: 64, spans: [{ read: 0, keep: 0, keepLength: 64 }] },
  });
});

test.each([
  { name: '24 megapixels', width: 6000, height: 4000, most: 1.095 },
  { name: '24 megapixels upright', width: 4000, height: 6000, most: 1.095 },
  { name: '100 megapixels', width: 11_600, height: 8700, most: 1.13 },
])('$name through the small network are computed at most $most times', ({ width, height, most }) => {
  const { radius, multiple } = geometryOf(namedNetworks['unet-small']);
  const limits = { radius, multiple, maxPixels: 2.93e6, maxSide: Infinity };
  const plan = planTiles({ width, height }, limits);
  expect(overlapCost(plan, { width, height })).toBeLessThan(most);
});
