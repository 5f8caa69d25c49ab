import { describe, expect, test } from 'vitest';
import { TimeLeft } from '../../../app/window/time-left.ts';
import { WorkMeter } from '../../../app/window/work-meter.ts';

/** One sign of progress: so many seconds of work after the beginning, so much is done in all. */
type Sign = readonly [seconds: number, done: number];

/** What a person is told, each quarter of a second, beside what was true then. */
interface Told {
  readonly at: number;
  readonly told: number | null;
  readonly left: number;
}

/** Between two words on how far a batch has come. */
const tick = 0.25;

/** Follows a recorded batch as the app does. */
function follow(signs: readonly Sign[], prior: number | null = null): Told[] {
  const meter = new WorkMeter(prior);
  const timeLeft = new TimeLeft();
  const [end, total] = signs.at(-1)!;
  const told: Told[] = [];
  let next = 0;
  let done = 0;
  meter.begin(0);
  for (let at = tick; at < end; at += tick) {
    while (next < signs.length && signs[next]![0] <= at) done = signs[next++]![1];
    meter.advance(tick, done);
    timeLeft.advance(tick, meter.secondsLeft(total - done));
    told.push({ at, told: timeLeft.seconds, left: end - at });
  }
  return told;
}

/** How often, and by how much in all, it counted up. */
function rises(told: readonly Told[]): number[] {
  return told.flatMap(({ told: now }, index) => {
    const before = told[index - 1]?.told ?? null;
    return now !== null && before !== null && now > before ? [now - before] : [];
  });
}

/** The largest share by which it was off, from some second on and until the last ones. */
function worst(told: readonly Told[], from: number): number {
  const judged = told.filter(({ at, left }) => at >= from && left > 10);
  return Math.max(...judged.map(({ told: now, left }) => Math.abs((now ?? Infinity) - left) / (left + 5)));
}

interface Course {
  /** Megapixels of each picture. */
  readonly pictures: readonly number[];
  /** Megapixels per second in the network, by the seconds of work that have passed. */
  readonly speed?: (at: number) => number;
  /** Before the first tile. */
  readonly start?: number;
  /** Beside the tiles: reading, writing, flushing. */
  readonly perPicture?: number;
}

const tileMegapixels = 3.5;
/** As the app counts a picture beside its pixels. */
const pictureCost = 0.1;

/** The signs of a batch whose tiles come one after the other. */
function course({ pictures, speed = () => 2, start = 1, perPicture = 0.05 }: Course): Sign[] {
  const signs: Sign[] = [];
  let at = start;
  let before = 0;
  for (const size of pictures) {
    const tiles = Math.ceil(size / tileMegapixels);
    for (let tile = 1; tile <= tiles; tile++) {
      at += size / tiles / speed(at);
      signs.push([at, before + (size * tile) / tiles]);
    }
    at += perPicture;
    before += size + pictureCost;
    signs.push([at, before]);
  }
  return signs;
}

const repeated = <T>(times: number, ...values: T[]): T[] =>
  Array.from({ length: times }, () => values).flat();

describe('the time that is left', () => {
  test.each([
    ['equal pictures', repeated(60, 12)],
    ['one large among small', [...repeated(80, 0.8), 100, ...repeated(80, 0.8)]],
    ['large ones first', [...repeated(12, 24), ...repeated(300, 0.3)]],
    ['small ones first', [...repeated(300, 0.3), ...repeated(12, 24)]],
    ['all sizes in turn', repeated(20, 24, 0.3, 6, 50, 1)],
    ['hundreds of tiny ones', repeated(900, 0.02)],
    ['a few of 100 megapixels', repeated(4, 100)],
  ])('of %s never counts up, and is near the truth', (_, pictures) => {
    const told = follow(course({ pictures }));
    expect(rises(told)).toEqual([]);
    expect(worst(told, 15)).toBeLessThan(0.3);
    expect(told.at(-1)?.told).toBeLessThan(8);
  });

  test('is not told before there is something to tell it from, and does not take a slow start for slowness', () => {
    const told = follow(course({ pictures: repeated(60, 12), start: 25 }));
    const first = told.find((one) => one.told !== null)!;
    expect(first.at).toBeGreaterThan(25);
    expect(first.at).toBeLessThan(35);
    expect(Math.abs(first.told! - first.left) / first.left).toBeLessThan(0.25);
    expect(rises(told)).toEqual([]);
    // With a speed from earlier batches it is told at once, and stands nearly still while the engine starts.
    const known = follow(course({ pictures: repeated(60, 12), start: 25 }), 2);
    expect(known[0]?.told).toBeCloseTo((60 * 12.1) / 2, -1);
    expect(rises(known)).toEqual([]);
    expect(worst(known, 0)).toBeLessThan(0.2);
  });

  test('that was told from a speed of before goes over to that of now', () => {
    for (const prior of [0.5, 1.2, 3, 8]) {
      const told = follow(course({ pictures: repeated(60, 12) }), prior);
      expect(worst(told, 60)).toBeLessThan(0.3);
      // Where it was far too short it is put right, in few steps.
      expect(rises(told).length).toBeLessThanOrEqual(prior > 2 ? 3 : 0);
    }
  });

  test('rises where the work has become slower, soon and in few steps, and not for what passes by itself', () => {
    const slower = follow(course({ pictures: repeated(60, 12), speed: (at) => (at < 100 ? 2 : 0.7) }));
    expect(rises(slower).length).toBeGreaterThan(0);
    expect(rises(slower).length).toBeLessThanOrEqual(6);
    expect(worst(slower, 240)).toBeLessThan(0.3);
    // A few seconds in which somebody looked at another picture.
    const hiccup = (at: number) => (at > 100 && at < 106 ? 0.3 : 2);
    expect(rises(follow(course({ pictures: repeated(60, 12), speed: hiccup })))).toEqual([]);
  });

  test('stands while a batch is paused, and does not count what was finished meanwhile as speed', () => {
    const meter = new WorkMeter(null);
    const timeLeft = new TimeLeft();
    const [total, speed] = [600, 2];
    const told: number[] = [];
    const work = (seconds: number, from: number) => {
      for (let at = tick; at <= seconds; at += tick) {
        meter.advance(tick, from + at * speed);
        timeLeft.advance(tick, meter.secondsLeft(total - from - at * speed));
        told.push(timeLeft.seconds ?? Infinity);
      }
    };
    meter.begin(0);
    work(60, 0);
    const before = timeLeft.seconds!;
    expect(before).toBeCloseTo((total - 120) / speed, -1);
    // Three pictures that were in work are finished, which takes no second of work.
    meter.begin(156);
    expect(timeLeft.seconds).toBe(before);
    work(60, 156);
    expect(timeLeft.seconds).toBeCloseTo((total - 276) / speed, -1);
    expect(told.filter((now, index) => now > (told[index - 1] ?? Infinity))).toEqual([]);
  });
});
