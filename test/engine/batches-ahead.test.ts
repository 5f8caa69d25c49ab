import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from 'vite';
import { parseNoise } from '../../contract/noise.ts';
import { BatchesAhead } from '../../engine/training/batches-ahead.ts';
import { noiseHere } from '../../engine/training/noise-adder.ts';
import { noiseThread } from '../../engine/training/noise-thread.ts';
import type { PoolState } from '../../engine/training/picture-pool.ts';
import type { CleanPatches } from '../../model/training/noisy-batch.ts';
import { tinyConfig } from './train-fixtures.ts';

const root = join(import.meta.dirname, '../..');
const outDir = join(root, '.cache/noise-worker');
const program = join(outDir, 'noise-worker.mjs');

beforeAll(async () => {
  await mkdir(outDir, { recursive: true });
  await build({
    ...{ logLevel: 'silent', configFile: false, root },
    build: {
      ...{ ssr: true, outDir, emptyOutDir: false, target: 'node20.19', minify: false },
      rollupOptions: {
        input: { 'noise-worker': join(root, 'engine/training/noise-worker.ts') },
        output: { entryFileNames: '[name].mjs' },
      },
    },
  });
});

const patches = (side = 16): CleanPatches => ({
  ...{ count: 3, side, channels: 3 },
  clean: Float32Array.from({ length: 3 * side * side * 3 }, (_, i) => (i % 97) / 97),
});
const noise = parseNoise('poisson-gaussian:0.01-0.1+correlated:0.01-0.1+jpeg:30-95');

test('noise that a thread makes is the same to the bit, whatever the order in which it is asked for', async () => {
  const config = tinyConfig('/pictures', { noise, seed: 5 });
  const [here, thread] = [noiseHere(config), noiseThread(program, config)];
  const asked = [7, 2, 3].map((step) => thread.add(patches(), step));
  const [seventh, second, third] = await Promise.all(asked);
  expect(seventh).toEqual(await here.add(patches(), 7));
  expect(second).toEqual(await here.add(patches(), 2));
  expect(third).toEqual(await here.add(patches(), 3));
  expect(third!.noisy).not.toEqual(second!.noisy);
  await thread.close();
});

test('patches that a thread can do nothing with, and a thread that ends, are errors and no endless wait', async () => {
  const thread = noiseThread(program, tinyConfig('/pictures'));
  const nonsense = { ...patches(), count: -1 };
  await expect(thread.add(nonsense, 0)).rejects.toThrow();
  expect((await thread.add(patches(), 1)).told).toHaveLength(3);
  // So many pixels take longer than it takes to end a thread.
  const late = thread.add(patches(2048), 2);
  await Promise.all([expect(late).rejects.toThrow('has ended'), thread.close()]);
  await expect(
    noiseThread(join(outDir, 'missing.mjs'), tinyConfig('/x')).add(patches(), 0),
  ).rejects.toThrow();
});

test('the next batch is made ahead, and the pool is told of as the last one given out found it', async () => {
  let state: PoolState = { taken: 4, batches: 0, full: true, residents: [0, 1], pending: null };
  const pool = {
    get state() {
      return state;
    },
    advance: () => {
      state = { ...state, batches: state.batches + 1 };
      return Promise.resolve();
    },
  };
  const made: number[] = [];
  const ahead = new BatchesAhead(pool, (step) => {
    made.push(step);
    const one = new Float32Array(1);
    return Promise.resolve({ ...{ count: 1, side: 1, channels: 1 }, clean: one, noisy: one, told: one });
  });
  expect(ahead.pool.batches).toBe(0);
  await ahead.next(0);
  expect([made, ahead.pool.batches, state.batches]).toEqual([[0, 1], 1, 2]);
  await ahead.next(1);
  expect([made, ahead.pool.batches, state.batches]).toEqual([[0, 1, 2], 2, 3]);
});

test('what goes wrong while a batch is made ahead is told when that batch is asked for', async () => {
  const state: PoolState = { taken: 0, batches: 0, full: false, residents: [], pending: null };
  const one = new Float32Array(1);
  const ahead = new BatchesAhead({ state, advance: () => Promise.resolve() }, (step) =>
    step === 1
      ? Promise.reject(new Error('no noise'))
      : Promise.resolve({ ...{ count: 1, side: 1, channels: 1 }, clean: one, noisy: one, told: one }),
  );
  await ahead.next(0);
  await expect(ahead.next(1)).rejects.toThrow('no noise');
});
