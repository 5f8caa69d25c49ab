import AxeBuilder from '@axe-core/playwright';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeAll, beforeEach, test, vi } from 'vitest';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { batchEnded, startBatch } from './batch-controls.ts';
import { button, expect, goTo, openOutput, row, rows, segment, slider } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { openProduct, productOfFile } from './product-of-test.ts';
import { say, saying } from './wording.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const product = productOfFile();

beforeAll(async () => {
  const { page, person } = product();
  for (const seed of [1, 2]) await writeNoisy(join(person, `${seed}.png`), { seed, width: 160, height: 120 });
  await dropOnWindow(
    page,
    [1, 2].map((seed) => join(person, `${seed}.png`)),
  );
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByText(say('measured-auto'))).toBeVisible();
});

// A dialog that a failed test left open is not to fail the next.
beforeEach(() => product().page.keyboard.press('Escape'));

/** What axe finds in what is shown; of the dark theme its colours, which are all that differs. */
async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    // Colours that are on their way to another theme are no one's to judge.
    await page.waitForTimeout(300);
    const axe = new AxeBuilder({ page });
    const results = await (theme === 'dark' ? axe.withRules(['color-contrast']) : axe).analyze();
    for (const { id, nodes } of results.violations) {
      found.push(
        ...nodes.map(
          ({ html, failureSummary }) => `${theme}: ${id}: ${html.slice(0, 200)}: ${failureSummary}`,
        ),
      );
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  return found;
}

test('axe finds nothing on the first screen', async (context) => {
  const { page } = await openProduct(context);
  await expect(page.getByRole('heading', { name: say('drop-title') })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('axe finds nothing on the screen with pictures, in any way to compare', async () => {
  const { page } = product();
  await goTo(page, 'clean');
  await openOutput(page);
  for (const mode of ['split', 'side', 'removed', 'variants'] as const) {
    await segment(page, 'compare', `mode-${mode}`).click();
    expect(await violations(page)).toEqual([]);
  }
  await segment(page, 'compare', 'mode-split').click();
  await segment(page, 'noise-mode', 'noise-play').click();
  await expect(page.getByRole('table', { name: say('scores') })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await segment(page, 'noise-mode', 'noise-remove').click();
});

test('axe finds nothing on the screens of models and settings', async () => {
  const { page } = product();
  for (const screen of ['models', 'settings'] as const) {
    await goTo(page, screen);
    await expect(page.getByText(say('machine-reading'))).toBeHidden();
    expect(await violations(page)).toEqual([]);
  }
});

test('axe finds nothing in the dialogs', async () => {
  const { page } = product();
  await goTo(page, 'clean');
  await button(page, 'add-files').click();
  await expect(page.getByRole('dialog', { name: say('browse-files') })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await startBatch(page);
  await batchEnded(page, 2);
  expect(await violations(page)).toEqual([]);
  await button(page, 'report').click();
  await expect(page.getByRole('dialog', { name: say('report') }).getByRole('listitem')).toHaveCount(2);
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
});

/** Names of what Tab reaches from the top of the page, in order. */
async function tabOrder(page: Page): Promise<string[]> {
  await page
    .getByRole('navigation', { name: say('screens') })
    .getByRole('button')
    .first()
    .focus();
  const names: string[] = [];
  for (let at = 0; at < 80; at++) {
    if (at > 0) await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const { activeElement } = document;
      if (!activeElement || activeElement === document.body) return null;
      const labelled = activeElement.getAttribute('aria-labelledby')?.split(' ') ?? [];
      const label = labelled.map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
      const text =
        activeElement.getAttribute('aria-label') ??
        (label || (activeElement as HTMLInputElement).labels?.[0]?.textContent || activeElement.textContent);
      return `${activeElement.getAttribute('role') ?? activeElement.tagName.toLowerCase()}: ${text?.trim().replace(/\s+/g, ' ')}`;
    });
    if (name === null || (names.length > 3 && name === names[0])) break;
    names.push(name);
  }
  return names;
}

test('Tab reaches everything on the main screen: the frame, the queue, the viewer, the panel, the batch', async () => {
  const { page } = product();
  await goTo(page, 'clean');
  await openOutput(page);
  const names = await tabOrder(page);
  const expected = [
    say('screen-clean'),
    say('screen-settings'),
    say('add-files'),
    say('more'),
    say('pictures'),
    say('mode-split'),
    say('zoom-fit'),
    'Picture.',
    say('divider'),
    say('for-all'),
    say('noise-remove'),
    say('noise-factor'),
    say('strength'),
    say('colour-strength'),
    say('model'),
    say('output'),
    // Beside a copy that a page sent nobody would find a result.
    say(process.env['APP_HOST'] === 'electron' ? 'place-beside' : 'place-kept'),
    say('name-template'),
    say('format'),
    say('bit-depth'),
    say('quality'),
    say('on-conflict'),
    say('metadata'),
    say('presets'),
  ];
  let from = 0;
  for (const name of expected) {
    const at = names.findIndex((found, index) => index >= from && found.includes(name));
    expect(at, `“${name}” after “${names[from - 1]}”`).toBeGreaterThanOrEqual(from);
    from = at + 1;
  }
  expect(names.at(-1)).toMatch(saying('clean-other'));
});

test('what has the focus can be seen', async () => {
  const { page } = product();
  await goTo(page, 'clean');
  await page.keyboard.press('Tab');
  for (let at = 0; at < 15; at++) {
    await page.keyboard.press('Tab');
    const marked = await page.evaluate(() => {
      const { activeElement } = document;
      if (!activeElement) return 'nothing';
      const around = [activeElement, activeElement.parentElement, ...activeElement.children];
      const seen = around.some((element) => {
        if (!element) return false;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
      });
      return seen ? '' : activeElement.outerHTML.slice(0, 200);
    });
    expect(marked).toBe('');
  }
});

test('at 200 % text in the smallest window nothing is cut off or out of reach', async (context) => {
  // 1024 × 700 at 200 % is a window of half that size to the page.
  const { page, person } = await openProduct(context, {
    viewport: { width: 512, height: 350 },
    deviceScaleFactor: 2,
  });
  await writeNoisy(join(person, 'large-text.png'));
  await expect(button(page, 'choose-files')).toBeInViewport();
  await dropOnWindow(page, [join(person, 'large-text.png')]);
  await expect(rows(page)).toHaveCount(1);
  await openOutput(page);
  const start = page.getByRole('button', { name: saying('clean-one') });
  for (const control of [start, button(page, 'add-files'), button(page, 'presets')]) {
    await control.scrollIntoViewIfNeeded();
    await expect(control).toBeInViewport();
  }
  for (const screen of ['clean', 'models', 'settings'] as const) {
    await goTo(page, screen);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, `${screen} is wider than the window`).toBeLessThanOrEqual(0);
  }
});

/** As the two ways to have larger text show: a page that is zoomed, and a browser whose text is larger. */
const textSizes = [
  ['100 %', 1, '100%'],
  ['200 %, zoomed,', 2, '100%'],
  ['200 %, the text alone,', 1, '200%'],
] as const;

test.for(textSizes)(
  'at %s in a window of 1024 × 700 what starts a batch, and what stops it, is always in sight',
  async (size, context) => {
    const [, zoom, text] = size;
    const viewport = { width: 1024 / zoom, height: 700 / zoom };
    const { page, person } = await openProduct(context, { viewport, deviceScaleFactor: zoom });
    await page.evaluate((share) => (document.documentElement.style.fontSize = share), text);
    for (const seed of [1, 2])
      await writeNoisy(join(person, `${seed}.png`), { seed, width: 160, height: 120 });
    await dropOnWindow(
      page,
      [1, 2].map((seed) => join(person, `${seed}.png`)),
    );
    await expect(rows(page)).toHaveCount(2);
    await expect(row(page, '1.png')).toContainText(say('state-ready'));
    const start = page.getByRole('button', { name: saying('clean-other') });
    const whole = { ratio: 1 };
    await expect(start).toBeInViewport(whole);
    await openOutput(page);
    for (const control of [button(page, 'presets'), slider(page, 'strength'), button(page, 'add-files')]) {
      await control.scrollIntoViewIfNeeded();
      await expect(start).toBeInViewport(whole);
      // It covers nothing that has the focus.
      await control.focus();
      await expect.poll(() => control.evaluate(isOnTop)).toBe(true);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    // The tip of a button that has the focus is part of no landmark.
    await start.focus();
    expect(await violations(page)).toEqual([]);

    const names = await tabOrder(page);
    expect(names.at(-1)).toMatch(saying('clean-other'));
    await start.focus();
    await expect(start).toBeInViewport(whole);
    await page.keyboard.press('Enter');
    await batchEnded(page, 2);
    for (const control of [
      button(page, 'report'),
      page.getByRole('button', { name: saying('clean-again-other') }),
    ]) {
      await expect(control).toBeInViewport(whole);
    }
    expect(await violations(page)).toEqual([]);
  },
);

/** Nothing lies over the middle of an element. */
function isOnTop(element: Element): boolean {
  const { left, top, width, height } = element.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return there !== null && (element.contains(there) || there.contains(element));
}

test('with reduced motion nothing moves by itself', async () => {
  const { page } = product();
  await goTo(page, 'clean');
  const moving = await page.evaluate(
    () =>
      document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().duration ?? 0) > 100)
        .length,
  );
  expect(moving).toBe(0);
});
