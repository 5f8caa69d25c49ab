import { join } from 'node:path';
import { call } from '../../test/window/app-calls.ts';
import { button, expect, goTo } from '../../test/window/controls.ts';
import { dropOnWindow } from '../../test/window/drop.ts';
import { Product } from '../../test/window/product.ts';
import { writeSmooth } from '../../test/window/train-pictures.ts';
import { say, saying } from '../../test/window/wording.ts';

/**
 * How smooth the window is while it trains, in the built product (browser host and Chromium): tasks of its page that take
 * longer than 50 ms, over two minutes with the usual choices and a check each 20 steps, whose plots and pictures are drawn.
 *
 *   npm run bench -- bench/window/training.ts
 */
const minutes = 2;
const pictures = 12;
const stepsBetweenChecks = 20;

interface Tasks {
  readonly lengths: number[];
}

const product = await Product.open();
try {
  const { page, person } = product;
  for (let seed = 1; seed <= pictures; seed++) {
    await writeSmooth(join(person, 'mine', `picture-${seed}.png`), seed);
  }
  await goTo(page, 'train');
  await dropOnWindow(page, [join(person, 'mine')]);
  await expect(page.getByText(saying('survey-counts')).first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: new RegExp(`^${say('advanced')}`) }).click();
  const every = page.getByLabel(say('advanced-validate-every'), { exact: true }).first();
  await every.fill(String(stepsBetweenChecks));
  await every.press('Tab');
  await button(page, 'train-start').click();
  const standing = async () => (await call(page, 'hello', {})).training;
  await expect.poll(async () => (await standing()).phase, { timeout: 120_000 }).toBe('running');
  await page.evaluate(() => {
    const tasks: Tasks = { lengths: [] };
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.lengths.push(duration);
    }).observe({ type: 'longtask' });
  });
  await page.waitForTimeout(minutes * 60_000);
  const { lengths } = await page.evaluate(() => (window as unknown as { tasks: Tasks }).tasks);
  const longest = Math.max(0, ...lengths).toFixed(0);
  const { step } = await standing();
  console.log(
    `${step} steps in ${minutes} minutes: ${lengths.length} tasks over 50 ms, the longest ${longest} ms`,
  );
} finally {
  await product.close();
}
