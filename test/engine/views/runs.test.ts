import { expect, test } from 'vitest';
import { runsOver } from '../../../engine/views/answers.ts';
import { outsideOf, sharedPart } from '../../../contract/rectangle.ts';
import { blurring } from './viewing.ts';

const network = { ...blurring(), radius: 49, multiple: 8, bytesPerPixel: 250 };
const regions = [
  { x: 3000, y: 1760, width: 272, height: 480 },
  { x: 1003, y: 21, width: 1100, height: 1300 },
  { x: 0, y: 7, width: 8, height: 3000 },
  { x: 5, y: 0, width: 4096, height: 4000 },
];

test.each([0, 300e6, 30e6, 1])(
  'runs cover a region once, within %i bytes, and meet at multiples',
  (memory) => {
    for (const region of regions) {
      const runs = runsOver(region, { network, memory });
      let open = [region];
      for (const run of runs) {
        open = open.flatMap((part) => outsideOf(part, run));
        expect(runs.filter((other) => sharedPart(run, other))).toEqual([run]);
        if (run.x > region.x) expect(run.x % 8).toBe(0);
        if (run.y > region.y) expect(run.y % 8).toBe(0);
        const read = (run.width + 2 * (49 + 8)) * (run.height + 2 * (49 + 8));
        const least = (32 + 8 + 2 * (49 + 8)) ** 2; // hardly more than what lies around it
        expect(read).toBeLessThanOrEqual(Math.max(least, (1024 + 8 + 2 * (49 + 8)) ** 2));
        if (memory > 0)
          expect(read * 250).toBeLessThanOrEqual(Math.max(1.1 * least * 250, (1.05 * memory) / 3));
      }
      expect(open).toEqual([]);
    }
  },
);

test('what a window shows of a cleaned picture takes one run, and never more than it must', () => {
  const runsFor = (width: number, height: number) =>
    runsOver({ x: 1003, y: 501, width, height }, { network, memory: 0 }).map((run) => [
      run.width,
      run.height,
    ]);
  expect(runsFor(960, 1080)).toEqual([[960, 1080]]);
  expect(runsFor(1000, 1400)).toHaveLength(2);
  expect(runsFor(2000, 1000)).toHaveLength(2);
});
