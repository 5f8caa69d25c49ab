import { expect, test, vi } from 'vitest';
import { usualWear, Wear, wearLimits } from '../../app/supervision/wear.ts';
import { unwrap } from '../../contract/errors.ts';
import { fingerprints } from '../cli/built-cli.ts';
import { follow, names, useWorkshop, type Workshop } from './workshop.ts';
import { TestWindow } from './window/window-bench.ts';

vi.setConfig({ testTimeout: 120_000 });

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const all = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}.png`).sort();

/** How many pictures each process was given. */
function shares(): number[] {
  const byProcess = new Map<number, number>();
  for (const { pid } of workshop.attempts()) byProcess.set(pid, (byProcess.get(pid) ?? 0) + 1);
  return [...byProcess.values()];
}

test('L5 an engine is replaced after its share of pictures, in the middle of a batch, and every picture is cleaned once', async () => {
  for (let at = 0; at < 40; at++) await workshop.picture(`p${at}.png`, `wait ${(at * 7) % 20}`);
  const before = await fingerprints(workshop.pictures);
  const app = workshop.app(enginePath, { engineWear: { pictures: 6 } });
  const { report, events } = await follow(app, workshop.job());
  expect(names(report.done).sort()).toEqual(all(40));
  expect([report.failed, report.pending, report.endedBy]).toEqual([[], 0, undefined]);
  // Each picture was begun once: a replaced engine takes no work with it.
  expect(workshop.attempts().map(({ name }) => name).sort()).toEqual(all(40)); // prettier-ignore
  expect(workshop.outputs()).toHaveLength(40);
  expect(events.filter(({ type }) => type === 'engine-restarted')).toEqual([]);
  // Up to two more are in work when the sixth is answered.
  expect(shares().length).toBeGreaterThanOrEqual(5);
  expect(Math.max(...shares())).toBeLessThanOrEqual(8);
  expect(await fingerprints(workshop.pictures)).toEqual(before);
});

test('L5 an engine whose memory grows is replaced long before its share, one that needs much for one picture is not', async () => {
  for (let at = 0; at < 90; at++) await workshop.picture(`p${at}.png`, 'leak 100000', 'wait 20');
  const app = workshop.app(enginePath, { engineWear: { growthBytes: 3_000_000 } });
  const { report } = await follow(app, workshop.job());
  expect(report.done).toHaveLength(90);
  expect(workshop.outputs()).toHaveLength(90);
  expect(shares().length).toBeGreaterThan(1);
  expect(shares()[0]).toBeGreaterThan(20);
});

test('L5 the largest pictures are no growth; what is left over after them is', () => {
  const wear = new Wear({ pictures: 1000, growthBytes: 1000 });
  const look = (...held: number[]) => {
    for (const bytes of held) wear.addMemory(bytes);
    for (let at = 0; at < 20; at++) wear.addPicture();
    return wear.isOver;
  };
  wear.addPicture();
  expect([look(500, 9000), look(9000, 1400), look(1499, 99_000), look(9000, 1501)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test('L5 a batch whose engine is about to be replaced stops as quickly as any', async () => {
  await workshop.picture('p0.png');
  await workshop.picture('p1.png', 'deaf');
  for (let at = 2; at < 6; at++) await workshop.picture(`p${at}.png`, 'wait 60000');
  const app = workshop.app(enginePath, { engineWear: { pictures: 1 } });
  let stopped = 0;
  const { report } = await follow(app, workshop.job(), {
    onEvent: (event, jobId) => {
      if (event.type !== 'done') return;
      stopped = performance.now();
      void app.api.cancelJob({ jobId });
    },
  });
  expect(performance.now() - stopped).toBeLessThan(2000);
  expect([names(report.done), report.failed, report.pending]).toEqual([['p0.png'], [], 5]);
});

test('L5 what is looked at goes on while the engine is replaced', async () => {
  for (let at = 0; at < 30; at++) await workshop.picture(`p${at}.png`, 'wait 10');
  const window = new TestWindow(workshop.app(enginePath, { engineWear: { pictures: 3 } }));
  await window.add(workshop.pictures);
  const { view } = await window.call('openView', { row: window.row('p0.png').id });
  await window.call('startBatch', { rows: 'all' });
  const tile = {
    view,
    layer: 'noisy',
    region: { x: 0, y: 0, width: 8, height: 8 },
    reduction: 1,
    choices: {},
  };
  for (let look = 0; look < 40; look++) {
    const answer = await window.app.fetch(
      new Request('http://app/pixels', { method: 'POST', body: JSON.stringify(tile) }),
    );
    expect(await answer.json()).toMatchObject({ file: 'p0.png' });
  }
  expect((await window.finished()).counts).toMatchObject({ done: 30, failed: 0 });
  expect(shares().length).toBeGreaterThan(3);
  expect(unwrap(await window.try('closeView', { view }))).toBeNull();
});

test('the number of pictures can be set from outside, and only as a number', () => {
  expect(wearLimits({ UNSPECKLE_RECYCLE_AFTER: '20' })).toEqual({ ...usualWear, pictures: 20 });
  for (const odd of ['', '0', '-1', 'x', '1.5', 'Infinity', undefined]) {
    expect(wearLimits({ UNSPECKLE_RECYCLE_AFTER: odd })).toEqual(usualWear);
  }
});
