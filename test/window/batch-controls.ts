import type { Page } from 'playwright';
import { expect } from './controls.ts';
import { say, saying } from './wording.ts';

/** Presses the button that starts; where the check before the start has something to say, starts all the same. */
export async function startBatch(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: saying('clean-other') })
    .or(page.getByRole('button', { name: saying('clean-one') }))
    .click();
  const going = page
    .getByRole('button', { name: say('pause') })
    .or(page.getByRole('button', { name: say('report') }));
  const anyway = page.getByRole('button', { name: say('check-start') });
  await expect(going.or(anyway).first()).toBeVisible();
  if (await anyway.isVisible()) await anyway.click();
}

/** Waits for the words at the end of a batch; so many pictures were cleaned. */
export async function batchEnded(page: Page, cleaned: number): Promise<void> {
  const form = cleaned === 1 ? 'one' : 'other';
  await expect(page.getByText(say(`outcome-done-${form}`, { count: cleaned }), { exact: true })).toBeVisible({
    timeout: 90_000,
  });
}
