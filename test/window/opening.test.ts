import { join } from 'node:path';
import type { Page } from 'playwright';
import { test, vi } from 'vitest';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { emptyQueue, expect, row, rows } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { wantsElectron } from './hosts.ts';
import { productOfFile } from './product-of-test.ts';
import { say } from './wording.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const product = productOfFile();
const lateMs = 1500;

/** Loads the page anew, with what it asks for at this address answered late, and drops at once. */
async function dropWhileOpening(page: Page, late: string, file: string): Promise<void> {
  await page.route(late, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, lateMs));
    await route.continue().catch(() => {});
  });
  await page.reload();
  await dropOnWindow(page, [file]);
  await expect(row(page, 'early.png')).toContainText(say('state-ready'));
  await page.unroute(late);
}

test.for([
  ['before the app has said how things stand', '**/invoke/hello'],
  ['before the page hears of changes', '**/events'],
  ['before the list of pictures is there', '**/invoke/listRows'],
] as const)('what is dropped %s is taken', async ([, late], context) => {
  if (wantsElectron()) context.skip('the desktop window asks by messages, which no test can hold up');
  const { page, person } = product();
  await emptyQueue(page);
  await writeNoisy(join(person, 'early.png'), { width: 40, height: 30 });
  await dropWhileOpening(page, late, join(person, 'early.png'));
  await expect(rows(page)).toHaveCount(1);
});
