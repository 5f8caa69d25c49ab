import { join } from 'node:path';
import type { Page } from 'playwright';
import { call } from '../../test/window/app-calls.ts';
import { batchEnded, startBatch } from '../../test/window/batch-controls.ts';
import { button, expect, goTo, openOutput, row, rows, segment, slider } from '../../test/window/controls.ts';
import { dropOnWindow } from '../../test/window/drop.ts';
import { root } from '../../test/window/hosts.ts';
import type { Product } from '../../test/window/product.ts';
import { stage } from '../../test/window/stage.ts';
import { say, saying } from '../../test/window/wording.ts';

export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** A state of the window, and how it is reached from the one before. */
export interface State {
  readonly name: string;
  /** Pictures take room in a clone: of most states that show them, one theme is enough. */
  readonly themes?: readonly Theme[];
  reach(product: Product): Promise<void>;
}

const samples = join(root, 'samples/noisy');
const shownFirst = 'peaks.jpg';

async function mode(page: Page, name: 'split' | 'side' | 'removed' | 'variants'): Promise<void> {
  await segment(page, 'compare', `mode-${name}`).click();
  await stage(page).focus();
}

async function fullSize(page: Page): Promise<void> {
  await stage(page).focus();
  await page.keyboard.press('1');
}

/** All that is seen has been cleaned; of a picture that has just been chosen, pixels are asked for in a moment. */
async function cleaned(page: Page): Promise<void> {
  await page.waitForTimeout(500);
  await expect(page.getByText(say('pane-cleaning'))).toHaveCount(0);
  await expect(page.getByText(say('view-waiting'))).toBeHidden();
}

export const states: readonly State[] = [
  {
    name: 'empty',
    reach: async ({ page }) => {
      await expect(page.getByRole('heading', { name: say('drop-title') })).toBeVisible();
    },
  },
  {
    name: 'preview-split',
    reach: async ({ page }) => {
      await dropOnWindow(page, [samples]);
      await expect(rows(page)).toHaveCount(7);
      await row(page, shownFirst).click();
      await expect(page.getByText(say('measured-auto'))).toBeVisible();
      await cleaned(page);
    },
  },
  {
    name: 'side-by-side',
    themes: ['dark'],
    reach: async ({ page }) => {
      await mode(page, 'side');
      await fullSize(page);
    },
  },
  {
    name: 'what-was-removed',
    themes: ['light'],
    reach: async ({ page }) => {
      await mode(page, 'removed');
      await expect(page.getByText(say('verdict-measuring'))).toBeHidden();
    },
  },
  { name: 'variants', themes: ['dark'], reach: ({ page }) => mode(page, 'variants') },
  {
    name: 'playground',
    themes: ['light'],
    reach: async ({ page }) => {
      await row(page, 'nuthatch.jpg').click();
      await mode(page, 'split');
      await segment(page, 'noise-mode', 'noise-play').click();
      await expect(page.getByRole('table', { name: say('scores') })).toHaveAttribute('aria-busy', 'false');
    },
  },
  {
    name: 'output',
    themes: ['light'],
    reach: async ({ page }) => {
      await segment(page, 'noise-mode', 'noise-remove').click();
      await row(page, 'wine.jpg').click();
      await openOutput(page);
      await slider(page, 'quality').scrollIntoViewIfNeeded();
      await cleaned(page);
    },
  },
  {
    name: 'batch',
    themes: ['dark'],
    reach: async ({ page }) => {
      await startBatch(page);
      await expect(row(page, 'diatoms.png')).toContainText(say('state-done'));
      await button(page, 'pause').click();
      await expect(page.getByText(say('batch-paused'))).toBeVisible();
    },
  },
  {
    name: 'report',
    reach: async ({ page }) => {
      await button(page, 'resume').click();
      await batchEnded(page, 6, 1);
      await button(page, 'report').click();
      await expect(page.getByRole('listitem').first()).toBeVisible();
    },
  },
  {
    name: 'browse',
    reach: async ({ page }) => {
      await page.keyboard.press('Escape');
      await button(page, 'add-files').click();
      await expect(
        page.getByRole('dialog', { name: say('browse-files') }).getByRole('button', { name: 'Holiday' }),
      ).toBeVisible();
    },
  },
  {
    name: 'models',
    reach: async ({ page }) => {
      await page.keyboard.press('Escape');
      await goTo(page, 'models');
      await expect(page.getByRole('article').first()).toBeVisible();
      // The one that has cleaned is measured already.
      const unmeasured = page.getByRole('article').filter({ hasText: say('model-not-measured') });
      for (let left = await unmeasured.count(); left > 0; left--) {
        await unmeasured
          .first()
          .getByRole('button', { name: say('model-measure') })
          .click();
        await expect(unmeasured).toHaveCount(left - 1, { timeout: 60_000 });
      }
      await expect(page.getByText(say('model-not-measured'))).toBeHidden();
    },
  },
  {
    name: 'settings',
    reach: async ({ page }) => {
      await goTo(page, 'settings');
      await expect(page.getByText(say('machine-reading'))).toBeHidden({ timeout: 60_000 });
    },
  },
  {
    name: 'train',
    reach: async ({ page }) => {
      await goTo(page, 'train');
      await dropOnWindow(page, [join(root, 'samples/clean')]);
      await expect(page.getByText(saying('survey-counts')).first()).toBeVisible({ timeout: 60_000 });
    },
  },
  {
    name: 'train-running',
    reach: async ({ page }) => {
      await page.getByRole('textbox', { name: say('train-name') }).fill('My garden');
      await page.getByRole('button', { name: new RegExp(`^${say('advanced')}`) }).click();
      await page.getByLabel(say('advanced-validate-every'), { exact: true }).fill('10');
      await page.keyboard.press('Tab');
      await button(page, 'train-start').click();
      const checks = async () => (await call(page, 'hello', {})).training.latest?.step ?? 0;
      await expect.poll(checks, { timeout: 300_000 }).toBeGreaterThanOrEqual(60);
    },
  },
  {
    name: 'train-result',
    themes: ['light'],
    reach: async ({ page }) => {
      await button(page, 'training-stop').click();
      await expect(
        page.getByRole('heading', { name: say('result-stopped', { name: 'My garden' }) }),
      ).toBeVisible({ timeout: 120_000 });
    },
  },
];
