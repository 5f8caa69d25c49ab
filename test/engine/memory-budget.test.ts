import { expect, test } from 'vitest';
import { refuseBeyond } from '../../engine/jobs/evaluate.ts';
import { MemoryBudget } from '../../engine/memory-budget.ts';
import { pictureDecoder } from '../../engine/training/decode-picture.ts';
import { fromRaw, pictureFile } from '../fixtures/pictures.ts';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('what does not fit waits until enough is given back, in the order of asking', async () => {
  const budget = new MemoryBudget(100);
  const order: string[] = [];
  const first = await budget.take(60, never);
  const second = budget.take(60, never).then((release) => (order.push('second'), release));
  const third = budget.take(10, never).then((release) => (order.push('third'), release));
  await settled();
  expect(order).toEqual([]); // the third would fit, but may not overtake
  first();
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']);
});

test('what is larger than everything runs alone', async () => {
  const budget = new MemoryBudget(100);
  const release = await budget.take(1000, never);
  let started = false;
  const next = budget.take(1, never).then((free) => {
    started = true;
    return free;
  });
  await settled();
  expect(started).toBe(false);
  release();
  await next;
  expect(started).toBe(true);
});

test('giving back twice counts once', async () => {
  const budget = new MemoryBudget(100);
  const release = await budget.take(100, never);
  release();
  release();
  await budget.take(100, never);
  let started = false;
  void budget.take(1, never).then(() => (started = true));
  await settled();
  expect(started).toBe(false);
});

test('who stops waiting makes room for the next', async () => {
  const budget = new MemoryBudget(100);
  await budget.take(50, never);
  const stop = new AbortController();
  const large = budget.take(90, stop.signal);
  const small = budget.take(40, never);
  stop.abort();
  await expect(large).rejects.toMatchObject({ name: 'AbortError' });
  await small;
});

test('H16, L2: what is larger than the share is held against what is free at that moment', () => {
  let free = 200;
  const budget = new MemoryBudget(100, () => free);
  expect([budget.shortOf(100), budget.shortOf(150), budget.shortOf(201)]).toEqual([null, null, 200]);
  free = 120;
  expect(budget.shortOf(150)).toBe(120);
  expect(new MemoryBudget(100).shortOf(1e15)).toBeNull();
});

test('H16: what a measurement or a training would take is held against the memory that is free', async () => {
  const picture = { width: 1000, height: 800, channels: 3 as const, samples: new Uint8Array(2_400_000) };
  refuseBeyond(1e9, picture, 'a.png');
  expect(() => refuseBeyond(5e7, picture, 'a.png')).toThrow('1000 × 800 pixels need about 0.06 GB of memory');
  const file = await pictureFile(await fromRaw(picture).png().toBuffer());
  const decode = (free: number) => pictureDecoder(() => free)(file, 0, never);
  expect((await decode(1e9)).width).toBe(1000);
  await expect(decode(1e6)).rejects.toMatchObject({ code: 'image-too-large' });
});
