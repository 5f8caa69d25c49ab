import AxeBuilder from '@axe-core/playwright';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeAll, test, vi } from 'vitest';
import { noticeTexts } from '../../contract/texts/en.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { call } from './app-calls.ts';
import { batchEnded, startBatch } from './batch-controls.ts';
import { button, expect, goTo } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { wantsElectron } from './hosts.ts';
import { openProduct, productOfFile } from './product-of-test.ts';
import { writeSmooth } from './train-pictures.ts';
import { say, saying, sentencePattern } from './wording.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });
const product = productOfFile();

beforeAll(async () => {
  const { person } = product();
  for (let seed = 1; seed <= 12; seed++) await writeSmooth(join(person, 'mine', `picture-${seed}.png`), seed);
});

const phase = async (page: Page) => (await call(page, 'hello', {})).training.phase;
const step = async (page: Page) => (await call(page, 'hello', {})).training.step;

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}

/** A number in a field of the advanced choices. */
async function fill(page: Page, label: string, value: number): Promise<void> {
  const field = page.getByLabel(label, { exact: true }).first();
  await field.fill(String(value));
  await field.press('Tab');
}

/** What a training of a few seconds is given, in the advanced choices. */
async function makeQuick(page: Page): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${say('advanced')}`) }).click();
  await fill(page, say('advanced-batch'), 2);
  await fill(page, say('advanced-patch'), 32);
  await fill(page, say('advanced-validate-every'), 5);
}

test('a folder is dropped, looked at and trained on; a pause outlasts a reload; what was learnt is kept and used', async () => {
  const { page, person } = product();
  await goTo(page, 'train');
  await expect(page.getByRole('heading', { name: say('train-title') })).toBeVisible();
  await expect(button(page, 'train-start')).toBeDisabled();
  expect(await violations(page)).toEqual([]);

  await dropOnWindow(page, [join(person, 'mine')]);
  await expect(page.getByText(saying('survey-counts')).first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole('radio', { name: new RegExp(say('recipe-improve-built-in')) }).click();
  await page.getByRole('textbox', { name: say('train-name') }).fill('My garden');
  await makeQuick(page);
  expect(await violations(page)).toEqual([]);

  await button(page, 'train-start').click();
  await expect.poll(() => phase(page), { timeout: 90_000 }).toBe('running');
  await expect.poll(() => step(page), { timeout: 90_000 }).toBeGreaterThan(6);
  await expect(
    page.getByText(saying('verdict-gain-start')).or(page.getByText(say('verdict-no-gain-start'))),
  ).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByRole('img', { name: new RegExp(`^${say('plot-quality')}`) })).toBeVisible();
  await page.getByRole('button', { name: say('explain', { what: say('plot-quality') }) }).press('Enter');
  await expect(page.getByText(say('explain-quality'))).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByText(say('explain-quality'))).toBeHidden();
  await goTo(page, 'clean');
  await expect(page.getByText(saying('training-elsewhere'))).toBeVisible();
  await goTo(page, 'train');

  await button(page, 'pause').click();
  await expect(page.getByText(say('training-paused'))).toBeVisible({ timeout: 60_000 });
  const paused = await step(page);
  await page.reload();
  await goTo(page, 'train');
  await expect(page.getByText(say('training-paused'))).toBeVisible();
  expect(await step(page)).toBe(paused);
  await button(page, 'resume').click();
  await expect.poll(() => step(page), { timeout: 90_000 }).toBeGreaterThan(paused + 2);

  await button(page, 'training-stop').click();
  await expect(page.getByRole('heading', { name: say('result-stopped', { name: 'My garden' }) })).toBeVisible(
    {
      timeout: 60_000,
    },
  );
  expect(await violations(page)).toEqual([]);
  const facts = await page.getByText(saying('result-facts')).innerText();
  const [pictures = 'none'] = /\d+ pictures/.exec(facts) ?? [];
  await button(page, 'result-use').click();
  await expect.poll(async () => (await call(page, 'readSettings', {})).batch.model).toBe('my-garden');
  await goTo(page, 'models');
  const card = page.getByRole('article', { name: 'My garden', exact: true });
  await expect(card.getByText(say('model-cleans'), { exact: true })).toBeVisible();
  // Both speak of those it learnt from, without those that were kept back to check it.
  await expect(card).toContainText(`${pictures}: mine`);
});

test('a picture unlike what the model in use learnt from is cleaned, and its note says in what', async () => {
  const { page, person } = product();
  await goTo(page, 'clean');
  await writeNoisy(join(person, 'large.png'), { width: 420, height: 300, noiseFactor: 0.1 });
  await dropOnWindow(page, [join(person, 'large.png')]);
  await startBatch(page);
  await batchEnded(page, 1);
  await button(page, 'report').click();
  const dialog = page.getByRole('dialog', { name: say('report') });
  // The report begins each note with a capital letter.
  const note = sentencePattern(noticeTexts['unlike-size'], { side: 300, low: 80 });
  await expect(dialog).toContainText(new RegExp(note, 'i'));
});

test('F5: a training that ended with the app is offered where the app opens; it is given up only when that is confirmed', async (context) => {
  const crashing = await openProduct(context);
  for (let seed = 1; seed <= 8; seed++) await writeSmooth(join(crashing.person, 'sky', `${seed}.png`), seed);
  await goTo(crashing.page, 'train');
  await dropOnWindow(crashing.page, [join(crashing.person, 'sky')]);
  await expect(crashing.page.getByText(saying('survey-counts')).first()).toBeVisible({ timeout: 60_000 });
  await makeQuick(crashing.page);
  await button(crashing.page, 'train-start').click();
  await expect.poll(() => step(crashing.page), { timeout: 90_000 }).toBeGreaterThan(6);
  await crashing.crash(async (page) => {
    if (!wantsElectron()) await expect(page.getByText(say('training-unreachable'))).toBeVisible();
  });

  await crashing.reopen();
  const { page } = crashing;
  const offer = page.getByRole('region', { name: say('trainings-unfinished') });
  await expect(offer).toBeVisible();
  await button(page, 'unfinished-forget').click();
  await expect(page.getByRole('alertdialog')).toContainText(say('training-forget-question', { name: 'sky' }));
  expect(await violations(page)).toEqual([]);
  await button(page, 'cancel').click();
  await expect(offer).toBeVisible();
  await button(page, 'unfinished-continue').click();
  await expect(page.getByRole('heading', { name: 'sky', exact: true })).toBeVisible();
  await expect.poll(() => phase(page), { timeout: 90_000 }).toBe('running');
  expect(await step(page)).toBeGreaterThanOrEqual(5);
  await button(page, 'training-stop').click();
  await expect(page.getByRole('heading', { name: say('result-stopped', { name: 'sky' }) })).toBeVisible({
    timeout: 60_000,
  });
  await goTo(page, 'clean');
  await expect(offer).toBeHidden();
});
