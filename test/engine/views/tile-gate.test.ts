import { expect, test } from 'vitest';
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

test('pixels somebody waits for go before background work, and that before a batch, at the next tile', async () => {
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
