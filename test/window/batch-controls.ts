import type { Page } from 'playwright';
import { call } from './app-calls.ts';
import { expect } from './controls.ts';
import { say, saying } from './wording.ts';

/** Presses the button that starts; where the check before the start has something to say, starts all the same. */
export async function startBatch(page: Page): Promise<void> {
  const batch = async () => (await call(page, 'hello', {})).batch.batch;
  const before = await batch();
  await pressStart(page);
  const anyway = page.getByRole('button', { name: say('check-start') });
  await expect.poll(async () => (await anyway.isVisible()) || (await batch()) !== before).toBe(true);
  if (await anyway.isVisible()) await anyway.click();
  await expect.poll(batch).not.toBe(before);
}

export async function pressStart(page: Page): Promise<void> {
  const several = page.getByRole('button', { name: saying('clean-other') });
  await several.or(page.getByRole('button', { name: saying('clean-one') })).click();
}

/** Waits for the words at the end of a batch: so many pictures were cleaned, and so many had no need of it. */
export async function batchEnded(page: Page, cleaned: number, copied = 0): Promise<void> {
  const form = cleaned === 1 ? 'one' : 'other';
  await expect(page.getByText(say(`outcome-done-${form}`, { count: cleaned }), { exact: true })).toBeVisible({
    timeout: 90_000,
  });
  const said = page.locator('footer').getByText(saying('outcome-unchanged-other'));
  await expect(said).toHaveCount(copied > 0 ? 1 : 0);
  if (copied > 0) await expect(said).toContainText(say('outcome-unchanged-other', { count: copied }));
}
