import { afterEach, describe, expect, test, vi } from 'vitest';
import { isCancelled } from '../../../contract/errors.ts';
import { Outgoing } from '../../../engine/outgoing.ts';
import { TileGate } from '../../../engine/tile-gate.ts';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Work that waits at a gate and goes on only when told to. */
function work(order: string[], name: string) {
  let finish = () => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { run: () => (order.push(name), done), finish: () => finish() };
}

test('pixels somebody waits for go before everything else, at the next tile', async () => {
  const gate = new TileGate();
  const order: string[] = [];
  const first = work(order, 'batch 1');
  const turns = [gate.turn(first.run)];
  await settled();
  for (const [name, lane] of [
    ['batch 2', gate],
    ['background', gate.lane('background', never)],
    ['visible 1', gate.lane('visible', never)],
    ['visible 2', gate.lane('visible', never)],
  ] as const) {
    turns.push(lane.turn(() => (order.push(name), Promise.resolve())));
  }
  await settled();
  expect(order).toEqual(['batch 1']);
  first.finish();
  await Promise.all(turns);
  expect(order).toEqual(['batch 1', 'visible 1', 'visible 2', 'background', 'batch 2']);
});

test('while pixels are made to be seen, only turns of that rank begin; the others go on after', async () => {
  const gate = new TileGate();
  const order: string[] = [];
  const shown = work(order, 'shown');
  const showing = gate.show(shown.run);
  const turn = (name: string) => () => (order.push(name), Promise.resolve());
  const later = [gate.turn(turn('batch')), gate.lane('background', never).turn(turn('background'))];
  await gate.lane('visible', never).turn(turn('visible'));
  await settled();
  expect(order).toEqual(['shown', 'visible']);
  shown.finish();
  await Promise.all([showing, ...later]);
  expect(order).toEqual(['shown', 'visible', 'background', 'batch']);
  await expect(gate.show(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await gate.turn(turn('batch again'));
  expect(order.at(-1)).toBe('batch again');
});

test('a turn waits until what was answered before is on its way', async () => {
  const outgoing = new Outgoing();
  const gate = new TileGate(() => outgoing.delivered());
  const order: string[] = [];
  const taken = outgoing.begin();
  const turn = gate.turn(() => (order.push('tile'), Promise.resolve()));
  const second = outgoing.begin();
  taken();
  await settled();
  await settled();
  expect(order).toEqual([]);
  second();
  await turn;
  // What is said in the moment that work ends is waited for as well.
  const next = gate.turn(() => (order.push('next tile'), Promise.resolve()));
  const late = outgoing.begin();
  await settled();
  await settled();
  expect(order).toEqual(['tile']);
  late();
  await next;
});

test('a cancelled request leaves the queue at once and never runs', async () => {
  const gate = new TileGate();
  const order: string[] = [];
  const first = work(order, 'batch');
  const batch = gate.turn(first.run);
  const stop = new AbortController();
  const visible = gate.lane('visible', stop.signal).turn(work(order, 'visible').run);
  stop.abort();
  await expect(visible).rejects.toSatisfy(isCancelled); // while the batch's tile is still running
  first.finish();
  await batch;
  expect(order).toEqual(['batch']);
  await expect(gate.lane('visible', stop.signal).turn(work(order, 'late').run)).rejects.toSatisfy(
    isCancelled,
  );
  expect(order).toEqual(['batch']);
});

test('work that fails lets the next one in', async () => {
  const gate = new TileGate();
  const broken = gate.turn(() => Promise.reject(new Error('broken')));
  const next = gate.turn(() => Promise.resolve('next'));
  await expect(broken).rejects.toThrow('broken');
  expect(await next).toBe('next');
});

test('never two at a time', async () => {
  const gate = new TileGate();
  let running = 0;
  let most = 0;
  const turn = async () => {
    most = Math.max(most, ++running);
    await settled();
    running--;
  };
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => (i % 2 ? gate : gate.lane('visible', never)).turn(turn)),
  );
  expect(most).toBe(1);
});

describe('a batch beside the background of a view', () => {
  afterEach(() => vi.useRealTimers());

  const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  /** Takes turn after turn, each of so many milliseconds, and is away for some between two. */
  function worker(turn: TileGate['turn'], { tile, away }: { tile: number; away: number }) {
    const spent = { ms: 0, longestWait: 0 };
    const work = async () => {
      for (;;) {
        const asked = performance.now();
        await turn(() => {
          spent.longestWait = Math.max(spent.longestWait, performance.now() - asked);
          return pass(tile);
        });
        spent.ms += tile;
        await pass(away);
      }
    };
    void work();
    return spent;
  }

  function gateOfFakeTime() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const gate = new TileGate();
    const background = gate.lane('background', never);
    return {
      batch: <T>(work: () => Promise<T>) => gate.turn(work),
      background: <T>(work: () => Promise<T>) => background.turn(work),
    };
  }

  test.each([
    [300, 300],
    [1200, 250],
    [200, 900],
  ])(
    'has two thirds of the network or more, and not all of it: tiles of %i ms beside tiles of %i ms',
    async (tile, other) => {
      const { batch, background } = gateOfFakeTime();
      const ofBatch = worker(batch, { tile, away: 5 });
      const ofView = worker(background, { tile: other, away: 5 });
      await vi.advanceTimersByTimeAsync(60_000);
      const share = ofBatch.ms / (ofBatch.ms + ofView.ms);
      expect(share).toBeGreaterThan(0.64);
      expect(share).toBeLessThan(0.85);
      // It never stands still for longer than one tile of the other takes.
      expect(ofBatch.longestWait).toBeLessThanOrEqual(other);
      expect(ofBatch.ms + ofView.ms).toBeGreaterThan(0.95 * 60_000);
    },
  );

  test('loses nothing to it while nothing is looked at, and it nothing while there is no batch', async () => {
    for (const who of ['batch', 'background'] as const) {
      const turns = gateOfFakeTime();
      const alone = worker(turns[who], { tile: 300, away: 5 });
      await vi.advanceTimersByTimeAsync(30_000);
      expect(alone.ms).toBeGreaterThan(0.97 * 30_000);
    }
  });

  test('that is away for long, reading a picture, holds up nobody', async () => {
    const { batch, background } = gateOfFakeTime();
    worker(batch, { tile: 300, away: 3000 });
    const ofView = worker(background, { tile: 300, away: 5 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ofView.ms).toBeGreaterThan(0.85 * 60_000);
  });
});
