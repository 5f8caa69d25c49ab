import fc from 'fast-check';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fingerprints } from '../../cli/built-cli.ts';
import { eventually, useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

const isLong = process.env['MODE'] === 'long';
vi.setConfig({ testTimeout: (isLong ? 15 : 4) * 60_000 });

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const pictures = 24;
const actions = 200;

/** What a person may do, at any moment. There is no order to change: a batch goes by the list. */
const acts = {
  add: (window: TestWindow, at: number) => window.app.addPaths([join(workshop.pictures, `p${at % pictures}.png`)]),
  addAll: (window: TestWindow) => window.app.addPaths([workshop.pictures]),
  start: (window: TestWindow) => window.try('startBatch', { rows: 'all' }),
  startSome: (window: TestWindow, at: number) => window.try('startBatch', { rows: some(window, at) }),
  pause: (window: TestWindow) => window.try('pauseBatch', {}),
  resume: (window: TestWindow) => window.try('resumeBatch', {}),
  stop: (window: TestWindow) => window.try('stopBatch', {}),
  remove: (window: TestWindow, at: number) => window.try('removeRows', { rows: some(window, at) }),
  choose: (window: TestWindow, at: number) => window.try('changeRows', { rows: some(window, at), choices: { noiseFactor: 0.05 } }),
  forget: (window: TestWindow, at: number) => window.try('changeRows', { rows: some(window, at), choices: null }),
  look: (window: TestWindow) => window.try('listRows', {}),
  goOn: async (window: TestWindow) => {
    const unfinished = await window.call('listUnfinished', {});
    return unfinished[0] && window.try('continueBatch', { batch: unfinished[0].batch });
  },
  wait: (_: TestWindow, at: number) => new Promise((resolve) => setTimeout(resolve, at % 60)),
} as const; // prettier-ignore
type Act = keyof typeof acts;

const some = (window: TestWindow, at: number): string[] =>
  window.all.filter((_, index) => index % 5 === at % 5).map(({ id }) => id);

test.each(isLong ? [1, 2, 3, 4, 5, 6] : [1])(
  `L6: after ${actions} random actions (seed %i) every picture is accounted for, and the rest can be cleaned`,
  async (seed) => {
    for (let at = 0; at < pictures; at++) await workshop.picture(`p${at}.png`, `wait ${(at * 13) % 50}`, ...(at === 7 ? ['fail image-damaged'] : [])); // prettier-ignore
    const before = await fingerprints(workshop.pictures);
    const window = new TestWindow(workshop.app(enginePath));
    window.host.picks.folder = workshop.out;
    await window.call('chooseOutputFolder', {});

    const kind = fc.constantFrom(...(Object.keys(acts) as Act[]));
    const doings = fc.sample(fc.tuple(kind, fc.nat(1000)), { numRuns: actions, seed });
    for (const [act, at] of doings) {
      const reply = (await acts[act](window, at)) as
        { ok?: boolean; code?: string; message?: string } | undefined;
      if (reply?.ok === false) expect([act, reply.code, reply.message]).not.toContain('internal');
    }

    // Whatever is left of it comes to an end.
    await window.try('resumeBatch', {});
    await window.try('stopBatch', {});
    const phase = async () => (await window.call('hello', {})).batch.phase;
    await vi.waitFor(async () => expect(['idle', 'finished']).toContain(await phase()), { timeout: 30_000 });
    await window.app.addPaths([workshop.pictures]);
    const settled = () =>
      window.all.length === pictures && window.all.every(({ state }) => state !== 'found');
    await eventually(settled, 'the headers');
    const states = window.states.length;
    const started = await window.try('startBatch', { rows: 'all' });
    if (started.ok) await eventually(() => window.states.slice(states).some((state) => state.phase === 'finished'), 'the end'); // prettier-ignore

    // (a) sources, (c) whole or absent, (d) each accounted for.
    expect(await fingerprints(workshop.pictures)).toEqual(before);
    const rows = await window.call('listRows', {});
    expect(rows).toHaveLength(pictures);
    const open = rows.filter(({ state }) => !['done', 'unchanged', 'failed'].includes(state));
    expect(open.map(({ name, state }) => [name, state])).toEqual([]);
    expect(rows.filter(({ state }) => state === 'failed').map(({ name, problem }) => [name, problem?.code])).toEqual([['p7.png', 'image-damaged']]); // prettier-ignore
    const outputs = rows.flatMap(({ output }) => output ?? []);
    expect(new Set(outputs).size).toBe(pictures - 1);
    const results = new Set(workshop.results());
    for (const output of outputs) expect(results).toContain(output);
    expect(workshop.outputs().filter((name) => name.endsWith('.part'))).toEqual([]);
    // What the window was told is what there is.
    expect(Object.fromEntries(rows.map(({ id, state }) => [id, state]))).toEqual(Object.fromEntries(window.all.map(({ id, state }) => [id, state]))); // prettier-ignore
  },
);
