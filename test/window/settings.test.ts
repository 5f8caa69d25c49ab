import { test, vi } from 'vitest';
import { windowTextsZh } from '../../contract/texts/window-zh-hans.ts';
import { call } from './app-calls.ts';
import { button, choose, expect, goTo, segment } from './controls.ts';
import { productOfFile } from './product-of-test.ts';
import { say } from './wording.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const product = productOfFile();

const background = () =>
  product().page.evaluate(() => {
    const [red = 0, green = 0, blue = 0] =
      getComputedStyle(document.body)
        .backgroundColor.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    return (red + green + blue) / 3;
  });

test('the theme changes at once', async () => {
  const { page } = product();
  await goTo(page, 'settings');
  await segment(page, 'theme', 'theme-dark').click();
  await expect.poll(background).toBeLessThan(80);
  await segment(page, 'theme', 'theme-light').click();
  await expect.poll(background).toBeGreaterThan(175);
  await segment(page, 'theme', 'theme-dark').click();
});

test('the language changes at once, to Chinese and back', async () => {
  const { page } = product();
  await goTo(page, 'settings');
  await choose(page, say('language'), '简体中文');
  await expect(page.getByRole('heading', { name: windowTextsZh['settings'], exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  await page.getByRole('button', { name: windowTextsZh['screen-clean'], exact: true }).click();
  await expect(page.getByText(windowTextsZh['drop-title'])).toBeVisible();
  await page.getByRole('button', { name: windowTextsZh['screen-settings'], exact: true }).click();
  await choose(page, windowTextsZh['language'], 'English');
  await expect(page.getByRole('heading', { name: say('settings'), exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test('what runs the network is shown with its measured speed', async () => {
  const { page } = product();
  await goTo(page, 'settings');
  const table = page.getByRole('table', { name: say('backends-measured') });
  await expect(table.getByRole('row')).toHaveCount(3, { timeout: 60_000 });
  await expect(table.getByText(say('backend-chosen'))).toHaveCount(1);
  await expect(table).toContainText('MP/s');
});

test('settings outlive a restart, and the command line goes by the same', async () => {
  const { page } = product();
  await goTo(page, 'settings');
  await choose(page, say('threads'), '1');
  await expect.poll(async () => (await call(page, 'readSettings', {})).threads).toBe(1);
  await product().quit();
  await product().reopen();
  await goTo(product().page, 'settings');
  await expect(segment(product().page, 'theme', 'theme-dark')).toBeChecked();
  await expect.poll(background).toBeLessThan(80);
  const { theme, threads, language } = await call(product().page, 'readSettings', {});
  expect({ theme, threads, language }).toEqual({ theme: 'dark', threads: 1, language: 'en' });
  await expect(button(product().page, 'screen-settings')).toHaveAttribute('aria-current', 'page');
});
