import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeNoisy } from '../../test/cli/noisy-pictures.ts';
import { call } from '../../test/window/app-calls.ts';
import { startBatch } from '../../test/window/batch-controls.ts';
import { expect, rows } from '../../test/window/controls.ts';
import { dropOnWindow } from '../../test/window/drop.ts';
import { Product } from '../../test/window/product.ts';

/**
 * Whether the time that is left is to be believed, in the built product (browser host and Chromium): cleans pictures of
 * many sizes, the sizes in no order, twice (of the first batch no speed is known before), and holds what a person is told
 * each half second against what it came to.
 *
 *   npm run bench -- bench/window/time-left.ts
 */
const count = 30;
const everyMs = 500;
const sizes = [
  [640, 480],
  [3000, 2000],
  [1200, 900],
  [320, 240],
  [2000, 1500],
] as const;

interface Told {
  /** Seconds since the start. */
  readonly at: number;
  /** Seconds that are left, as a person is told; null while nothing is known. */
  readonly left: number | null;
}

async function watchBatch(product: Product): Promise<{ told: Told[]; took: number }> {
  const told: Told[] = [];
  await startBatch(product.page);
  const began = performance.now();
  for (;;) {
    await wait(everyMs);
    const { batch } = await call(product.page, 'hello', {});
    const at = (performance.now() - began) / 1000;
    if (batch.phase !== 'preparing' && batch.phase !== 'running') return { told, took: at };
    told.push({ at, left: batch.secondsLeft });
  }
}

function report(title: string, { told, took }: Awaited<ReturnType<typeof watchBatch>>): void {
  const known = told.flatMap(({ at, left }) => (left === null ? [] : [{ at, left, truth: took - at }]));
  const near = known.filter(({ left, truth }) => Math.abs(left - truth) <= Math.max(5, 0.25 * truth));
  const rises = known.filter(({ left }, i) => i > 0 && left > known[i - 1]!.left + 0.01);
  const share = ((100 * near.length) / known.length).toFixed(0);
  console.log(`${title}: ${took.toFixed(0)} s, told after ${known[0]?.at.toFixed(1)} s; within a quarter or 5 s for ${share} % of the time; rose ${rises.length} times`); // prettier-ignore
  for (let tenth = 1; tenth < 10; tenth++) {
    const moment = known.find(({ at }) => at >= (took * tenth) / 10);
    if (moment) console.log(`  after ${moment.at.toFixed(0)} s: told ${moment.left.toFixed(0)} s, were ${moment.truth.toFixed(0)} s`); // prettier-ignore
  }
}

const product = await Product.open();
try {
  const { page, person } = product;
  for (const round of [1, 2]) {
    const files = Array.from({ length: count }, (_, i) => join(person, `r${round}-${i}.jpg`));
    for (const [i, file] of files.entries()) {
      const [width, height] = sizes[(i * 7 + Math.floor(i / 5)) % sizes.length]!;
      await writeNoisy(file, { width, height, seed: i });
    }
    await dropOnWindow(page, files);
    await expect(rows(page).first()).toBeVisible();
    await wait(5000); // their sizes are being read
    report(`batch ${round}, ${count} pictures`, await watchBatch(product));
  }
} finally {
  await product.close();
}
