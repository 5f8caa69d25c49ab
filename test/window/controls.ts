import { expect as playwrightExpect } from '@playwright/test';
import type { Locator, Page } from 'playwright';
import type { WindowText } from '../../contract/texts/window-en.ts';
import { say } from './wording.ts';

/** Waits for what is asserted, on machines that may be busy. */
export const expect = playwrightExpect.configure({ timeout: 20_000 });

export const button = (page: Page, text: WindowText): Locator =>
  page.getByRole('button', { name: say(text), exact: true });

export const rows = (page: Page): Locator =>
  page.getByRole('listbox', { name: say('pictures'), exact: true }).getByRole('option');

/** The row of a picture. */
export const row = (page: Page, name: string): Locator => rows(page).filter({ hasText: name });

export const slider = (page: Page, text: WindowText): Locator =>
  page.getByRole('slider', { name: say(text), exact: true });

export const segment = (page: Page, group: WindowText, option: WindowText): Locator =>
  page
    .getByRole('radiogroup', { name: say(group), exact: true })
    .getByRole('radio', { name: say(option), exact: true });

/** Goes to one of the screens. */
export async function goTo(page: Page, screen: 'clean' | 'train' | 'models' | 'settings'): Promise<void> {
  await page
    .getByRole('navigation', { name: say('screens') })
    .getByRole('button', { name: say(`screen-${screen}`) })
    .click();
}

/** Chooses from a list that opens, by the labels it shows. */
export async function choose(page: Page, list: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: new RegExp(`^${list} `) }).click();
  await page.getByRole('option', { name: option }).first().click();
}

/** Chooses from a menu. */
export async function chooseInMenu(page: Page, menu: string, item: string): Promise<void> {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Opens the part of the panel that says where results go, unless it is open. */
export async function openOutput(page: Page): Promise<void> {
  const fold = page.getByRole('button', { name: new RegExp(`^${say('output')}`) });
  if ((await fold.getAttribute('aria-expanded')) !== 'true') await fold.click();
}

/** Empties the queue. */
export async function emptyQueue(page: Page): Promise<void> {
  await goTo(page, 'clean');
  if ((await rows(page).count()) === 0) return;
  await chooseInMenu(page, say('more'), say('remove-all'));
  await expect(page.getByRole('heading', { name: say('drop-title') })).toBeVisible();
}

/** Sets a slider by its keys, from the left end, which is exact wherever it stood. */
export async function setSlider(page: Page, text: WindowText, value: number, step: number): Promise<void> {
  const thumb = slider(page, text);
  await thumb.focus();
  const now = Number(await thumb.getAttribute('aria-valuenow'));
  const by = Math.round((value - now) / step);
  for (let i = 0; i < Math.abs(by); i++) await page.keyboard.press(by > 0 ? 'ArrowRight' : 'ArrowLeft');
}
