import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { beforeAll, test, vi } from 'vitest';
import { viewTile } from '../../contract/view.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { call, tilePixels } from './app-calls.ts';
import { batchEnded, startBatch } from './batch-controls.ts';
import { button, choose, expect, goTo, openOutput, row, rows, segment, slider } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { wantsElectron } from './hosts.ts';
import { productOfFile } from './product-of-test.ts';
import { mean, part, roughness, shown, stage, type Shown } from './stage.ts';
import { say, saying } from './wording.ts';
import { writtenFile } from './written.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const product = productOfFile();

/** A picture without noise: soft, with edges. */
async function writeClean(file: string): Promise<void> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="180"><defs><linearGradient id="g">
    <stop offset="0" stop-color="#334"/><stop offset="1" stop-color="#cba"/></linearGradient></defs>
    <rect width="240" height="180" fill="url(#g)"/><circle cx="120" cy="90" r="50" fill="#a33"/></svg>`;
  await sharp(Buffer.from(svg)).removeAlpha().png().toFile(file);
}

beforeAll(async () => {
  const { page, person } = product();
  await writeNoisy(join(person, 'noisy.png'), { width: 240, height: 180 });
  await writeClean(join(person, 'clean.png'));
  await dropOnWindow(page, [join(person, 'noisy.png'), join(person, 'clean.png')]);
  await expect(rows(page)).toHaveCount(2);
});

/** Looks at the noisy picture at 100 %, so that what is drawn are the picture's own pixels. */
async function lookAt(page: Page, name: string): Promise<void> {
  await row(page, name).click();
  await expect(page.getByText(say('measured-auto')).or(page.getByText(say('measured-clean')))).toBeVisible();
  await stage(page).focus();
  await page.keyboard.press('1');
  await expect(page.getByRole('status', { name: say('zoom') })).toHaveText('100%');
}

async function mode(page: Page, name: 'split' | 'side' | 'hold' | 'removed' | 'variants'): Promise<void> {
  await segment(page, 'compare', `mode-${name}`).click();
}

/** Places left and right of the line of the split view, as shares of the stage's width. */
const [left, right] = [0.43, 0.57];

/** What is seen around a place of the stage. */
async function looks(page: Page, x: number): Promise<'nothing' | 'cleaned' | 'noisy' | 'between'> {
  const rough = roughness(part(await shown(page), x, 0.5));
  if (rough < 0.2) return 'nothing';
  if (rough < 6) return 'cleaned';
  return rough > 12 ? 'noisy' : 'between';
}

test('the cleaned side shows other pixels than the original side, by the noise that was measured and marked', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'split');
  await expect.poll(() => looks(page, left)).toBe('noisy');
  await expect.poll(() => looks(page, right)).toBe('cleaned');
  const measured = Number(await slider(page, 'noise-factor').getAttribute('aria-valuenow'));
  expect(measured).toBeGreaterThan(0.07);
  expect(measured).toBeLessThan(0.13);
  await expect(page.getByRole('region', { name: say('noise-factor') }).locator('.mark')).toHaveCount(1);
  await expect(page.getByRole('region', { name: say('noise-factor') })).toContainText(measured.toFixed(3));
});

test('a picture is seen while its noise is still being measured; nothing moves when that is known', async (context) => {
  if (wantsElectron()) context.skip('the desktop window asks by messages, which no test can hold up');
  const { page } = product();
  await row(page, 'clean.png').click();
  let measure = () => {};
  const held = new Promise<void>((resolve) => (measure = resolve));
  await page.route('**/invoke/measureView', async (route) => {
    await held;
    await route.continue();
  });
  await row(page, 'noisy.png').click();
  await stage(page).focus();
  await page.keyboard.press('1');
  await expect.poll(() => looks(page, left)).toBe('noisy');
  const panel = page.getByRole('region', { name: say('noise-factor') });
  await expect(panel).toContainText(say('measuring'));
  const before = await panel.boundingBox();
  measure();
  await expect(panel).toContainText(say('measured-auto'));
  expect(await panel.boundingBox()).toEqual(before);
  await page.unroute('**/invoke/measureView');
});

test('the flat area that the noise was measured on is shown on request, and hidden again', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'split');
  await button(page, 'show-area').click();
  const label = page.getByText(say('measured-here'));
  await expect(label).toBeVisible();
  const around = (await stage(page).boundingBox())!;
  const area = (await label.locator('..').boundingBox())!;
  expect(area.width).toBeGreaterThan(8);
  expect(area.x).toBeGreaterThanOrEqual(around.x);
  expect(area.y).toBeGreaterThanOrEqual(around.y);
  expect(area.x + area.width).toBeLessThanOrEqual(around.x + around.width);
  expect(area.y + area.height).toBeLessThanOrEqual(around.y + around.height);
  await button(page, 'show-area').click();
  await expect(label).toBeHidden();
});

test('moving the noise factor changes what is shown; the measured one brings it back', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'hold');
  await expect.poll(() => looks(page, 0.5)).toBe('cleaned');
  const before = await shown(page);
  await slider(page, 'noise-factor').focus();
  await page.keyboard.press('Home');
  await expect(page.getByText(saying('set-by-hand'))).toBeVisible();
  await expect.poll(() => looks(page, 0.5)).toBe('noisy');
  await button(page, 'use-measured').click();
  await expect.poll(async () => (await shown(page)).pixels.equals(before.pixels)).toBe(true);
});

/** Mean difference of two views, in 8-bit levels. */
const apart = ({ pixels }: Shown, other: Shown): number =>
  pixels.reduce((sum, value, at) => sum + Math.abs(value - (other.pixels[at] ?? 0)), 0) / pixels.length;

/**
 * How far a view is on the way from one to another, as their pixels say by least squares. Those that are one level apart
 * are rounded to one end or the other and cannot say it.
 */
function shareBetween({ pixels }: Shown, lower: Shown, upper: Shown): number {
  let [along, whole] = [0, 0];
  pixels.forEach((value, at) => {
    const way = upper.pixels[at]! - lower.pixels[at]!;
    if (Math.abs(way) < 2) return;
    along += (value - lower.pixels[at]!) * way;
    whole += way ** 2;
  });
  return along / whole;
}

test('while the network goes over another noise factor, its answers for factors on both sides are shown mixed', async (context) => {
  if (wantsElectron()) context.skip('the desktop window asks by messages, which no test can hold up');
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'hold');
  await expect.poll(() => looks(page, 0.5)).toBe('cleaned');
  // The hand comes to the slider: what it may move to is fetched.
  const factors = new Set<number>();
  page.on('requestfinished', (request) => {
    if (!request.url().endsWith('/pixels')) return;
    const { noiseFactor } = viewTile.parse(request.postDataJSON()).choices;
    if (noiseFactor !== 'auto') factors.add(noiseFactor);
  });
  await slider(page, 'noise-factor').focus();
  await expect.poll(() => [...factors].sort()).toEqual([0.057, 0.085, 0.128, 0.192]);

  // From here on nothing new comes.
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/pixels', async (route) => {
    await held;
    // What is no longer wanted was taken back by the page.
    await route.continue().catch(() => {});
  });
  const at = async (factor: number) => {
    const thumb = slider(page, 'noise-factor');
    const now = Math.round(1000 * Number(await thumb.getAttribute('aria-valuenow')));
    const steps = 1000 * factor - now;
    for (let i = 0; i < Math.abs(steps); i++) await thumb.press(steps > 0 ? 'ArrowRight' : 'ArrowLeft');
    await page.waitForTimeout(200);
    return part(await shown(page), 0.5, 0.5);
  };
  try {
    const [upper, lower] = [await at(0.085), await at(0.057)];
    const [between, quarter, most] = [await at(0.071), await at(0.064), await at(0.078)];
    expect(apart(lower, upper)).toBeGreaterThan(0.2);
    const halfway = Buffer.from(lower.pixels.map((value, i) => (value + (upper.pixels[i] ?? 0)) / 2));
    expect(apart({ ...lower, pixels: halfway }, between)).toBeLessThan(0.6);
    expect(Math.min(apart(lower, between), apart(upper, between))).toBeGreaterThan(0.1);
    // Few differ by more than two levels, so that rounding takes a large share of the way.
    const [some, more] = [shareBetween(quarter, lower, upper), shareBetween(most, lower, upper)];
    expect(Math.abs(some - 0.25), `${some}`).toBeLessThan(0.2);
    expect(Math.abs(more - 0.75), `${more}`).toBeLessThan(0.2);
    answer();
    await expect.poll(async () => part(await shown(page), 0.5, 0.5).pixels.equals(most.pixels)).toBe(false);
  } finally {
    answer();
    await page.unroute('**/pixels');
    await button(page, 'use-measured').click();
  }
});

test('a hand that moves slowly sees what it does, also where the network takes longer than it from move to move', async (context) => {
  if (wantsElectron()) context.skip('the desktop window asks by messages, which no test can hold up');
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'hold');
  await expect.poll(() => looks(page, 0.5)).toBe('cleaned');
  await page.route('**/pixels', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 250));
    await route.continue().catch(() => {});
  });
  const thumb = slider(page, 'noise-factor');
  const { x, y, width, height } = (await thumb.boundingBox())!;
  const from = { x: x + width / 2, y: y + height / 2 };
  const now = async () => Number(await thumb.getAttribute('aria-valuenow'));
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  // What is answered now was asked for while the hand was down, not ahead of it.
  const passed = new Set<number>();
  const answered = new Set<number>();
  page.on('requestfinished', (request) => {
    if (!request.url().endsWith('/pixels')) return;
    const { noiseFactor } = viewTile.parse(request.postDataJSON()).choices;
    if (noiseFactor !== 'auto' && passed.has(noiseFactor)) answered.add(noiseFactor);
  });
  try {
    for (let moved = 1; moved <= 50; moved++) {
      await page.mouse.move(from.x + moved, from.y);
      passed.add(await now());
      await page.waitForTimeout(65);
    }
    expect(passed.size).toBeGreaterThan(20);
    expect(answered.size).toBeGreaterThanOrEqual(3);
  } finally {
    await page.mouse.up();
    await page.unroute('**/pixels');
    await button(page, 'use-measured').click();
  }
});

test('what was looked at is looked at again after another screen', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'split');
  await stage(page).focus();
  await page.keyboard.press('2');
  const zoom = page.getByRole('status', { name: say('zoom') });
  await expect(zoom).toHaveText('200%');
  for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowRight');
  await openOutput(page);
  await expect.poll(() => looks(page, right)).toBe('cleaned');
  const before = await shown(page);
  await goTo(page, 'settings');
  await goTo(page, 'clean');
  await expect(zoom).toHaveText('200%');
  await expect.poll(async () => (await shown(page)).pixels.equals(before.pixels)).toBe(true);
  const output = page.getByRole('button', { name: new RegExp(`^${say('output')}`) });
  await expect(output).toHaveAttribute('aria-expanded', 'true');
});

test('a clean picture is said to be clean', async () => {
  const { page } = product();
  await row(page, 'clean.png').click();
  await expect(page.getByText(say('measured-clean'))).toBeVisible();
});

test('at strength 0 the cleaned picture is the original, pixel by pixel', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'hold');
  await slider(page, 'strength').focus();
  await page.keyboard.press('Home');
  await expect(slider(page, 'colour-strength')).toHaveAttribute('aria-valuenow', '0');
  await expect.poll(() => looks(page, 0.5)).toBe('noisy');
  const cleaned = await shown(page);
  await stage(page).focus();
  await page.keyboard.down(' ');
  await expect(page.getByText(say('layer-original'), { exact: true })).toBeVisible();
  const original = await shown(page);
  await page.keyboard.up(' ');
  expect(cleaned.pixels.equals(original.pixels)).toBe(true);
  await slider(page, 'strength').focus();
  await page.keyboard.press('End');
});

test('Space held shows the original, and let go the cleaned picture again', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'hold');
  await expect.poll(() => looks(page, 0.5)).toBe('cleaned');
  await stage(page).focus();
  await page.keyboard.down(' ');
  await expect.poll(() => looks(page, 0.5)).toBe('noisy');
  await page.keyboard.up(' ');
  await expect.poll(() => looks(page, 0.5)).toBe('cleaned');
});

test('the line of the split view moves by keys, and the ways to compare are reached by arrow keys', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'split');
  const line = slider(page, 'divider');
  await line.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(line).toHaveAttribute('aria-valuenow', '49');
  await page.keyboard.press('Home');
  await expect(line).toHaveAttribute('aria-valuenow', '0');
  await expect.poll(() => looks(page, left)).toBe('cleaned');
  await page.keyboard.press('End');
  await expect.poll(() => looks(page, right)).toBe('noisy');

  await segment(page, 'compare', 'mode-split').focus();
  for (const next of ['side', 'hold', 'removed', 'variants'] as const) {
    await page.keyboard.press('ArrowRight');
    await expect(segment(page, 'compare', `mode-${next}`)).toBeChecked();
  }
});

test('side by side, both show the same part', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'side');
  await expect.poll(() => looks(page, 0.25)).toBe('noisy');
  await expect.poll(() => looks(page, 0.75)).toBe('cleaned');
  const now = await shown(page);
  expect(Math.abs(mean(part(now, 0.25, 0.5)) - mean(part(now, 0.75, 0.5)))).toBeLessThan(3);
});

test('what was removed is shown with a sentence about it', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'removed');
  await expect(page.getByText(say('verdict-noise-only'))).toBeVisible();
  await expect(page.getByText(saying('verdict-amount'))).toBeVisible();
  // Amplified noise around mid-grey.
  await expect.poll(async () => Math.abs(mean(part(await shown(page), 0.5, 0.5)) - 128)).toBeLessThan(12);
  await slider(page, 'strength').focus();
  await page.keyboard.press('Home');
  await expect(page.getByText(say('verdict-nothing-removed'))).toBeVisible();
  await page.keyboard.press('End');
});

test('of another picture nothing is said that was said of the one before', async (context) => {
  if (wantsElectron()) context.skip('the desktop window asks by messages, which no test can hold up');
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'removed');
  await expect(page.getByText(say('verdict-noise-only'))).toBeVisible();
  let open = () => {};
  const held = new Promise<void>((resolve) => (open = resolve));
  await page.route('**/invoke/openView', async (route) => {
    await held;
    await route.continue();
  });
  try {
    await row(page, 'clean.png').click();
    await expect(page.getByText(say('verdict-measuring'))).toBeVisible();
    await expect(page.getByText(say('verdict-noise-only'))).toBeHidden();
  } finally {
    open();
    await page.unrouteAll({ behavior: 'wait' });
  }
  await expect(page.getByText(say('measured-clean'))).toBeVisible();
});

test('in a small window the picture stays where it is, whichever way to compare is chosen', async () => {
  const { page } = product();
  const usual = page.viewportSize()!;
  await page.setViewportSize({ width: 1024, height: 700 });
  await lookAt(page, 'noisy.png');
  const tops = new Map<string, number>();
  for (const name of ['split', 'side', 'hold', 'removed', 'variants'] as const) {
    await mode(page, name);
    await expect(segment(page, 'compare', `mode-${name}`)).toBeChecked();
    tops.set(name, (await stage(page).boundingBox())!.y);
  }
  await mode(page, 'split');
  await page.setViewportSize(usual);
  expect(new Set(tops.values()).size, JSON.stringify([...tops])).toBe(1);
});

test('of settings side by side one is chosen by Enter', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'variants');
  await segment(page, 'variants', 'variants-strength').click();
  const variant = page.getByRole('button', { name: say('variant-strength', { strength: '60%' }) });
  await variant.focus();
  await page.keyboard.press('Enter');
  await expect(slider(page, 'strength')).toHaveAttribute('aria-valuenow', '0.6');
  await expect(segment(page, 'compare', 'mode-split')).toBeChecked();
  await slider(page, 'strength').focus();
  await page.keyboard.press('End');
});

test('keys zoom and move the picture', async () => {
  const { page } = product();
  await lookAt(page, 'noisy.png');
  await mode(page, 'hold');
  const zoom = page.getByRole('status', { name: say('zoom') });
  await stage(page).focus();
  await page.keyboard.press('2');
  await expect(zoom).toHaveText('200%');
  for (let i = 0; i < 4; i++) await page.keyboard.press('+');
  await expect.poll(async () => Number.parseInt(await zoom.innerText())).toBeGreaterThan(300);
  const before = await shown(page);
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await shown(page)).pixels.equals(before.pixels)).toBe(false);
  await page.keyboard.press('-');
  await page.keyboard.press('0');
  await expect(button(page, 'zoom-fit')).toHaveAttribute('aria-pressed', 'true');
});

test('the playground adds noise to a clean picture and tells how near the cleaned one comes', async () => {
  const { page } = product();
  await lookAt(page, 'clean.png');
  await segment(page, 'noise-mode', 'noise-play').click();
  const table = page.getByRole('table', { name: say('scores') });
  await expect(table).toHaveAttribute('aria-busy', 'false');
  const psnr = async (name: 'score-noisy' | 'score-blur' | 'score-denoised'): Promise<number> =>
    Number.parseFloat(
      await table
        .getByRole('row', { name: say(name) })
        .getByRole('cell')
        .first()
        .innerText(),
    );
  await expect.poll(() => psnr('score-noisy')).toBeGreaterThan(18);
  expect(await psnr('score-denoised')).toBeGreaterThan((await psnr('score-noisy')) + 6);
  expect(await psnr('score-denoised')).toBeGreaterThan(await psnr('score-blur'));

  // A hand that plays on has one question after the other on its way: many at once keep all others waiting.
  let [open, most] = [0, 0];
  const isScore = (request: { url(): string }) => request.url().endsWith('/scoreView');
  page.on('request', (request) => isScore(request) && (most = Math.max(most, ++open)));
  page.on('requestfinished', (request) => isScore(request) && open--);
  await slider(page, 'noise-factor').focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  await expect(table).toHaveAttribute('aria-busy', 'true');
  await expect(table).toHaveAttribute('aria-busy', 'false');
  expect(most).toBeLessThanOrEqual(1);
  await segment(page, 'noise-mode', 'noise-remove').click();
});

test('pixels of the preview at 100 % are those of the written picture', async () => {
  const { page, home } = product();
  await lookAt(page, 'noisy.png');
  // A noise factor by hand was for this picture alone.
  await segment(page, 'settings-for', 'for-all').click();
  await openOutput(page);
  await choose(page, say('format'), 'PNG');
  await slider(page, 'strength').focus();
  await page.keyboard.press('End');
  for (let i = 0; i < 3; i++) await page.keyboard.press('PageDown');
  await slider(page, 'colour-strength').focus();
  await page.keyboard.press('Home');
  await startBatch(page);
  await batchEnded(page, 1, 1);
  const { batch } = await call(page, 'readSettings', {});
  expect([batch.strength, batch.colourStrength]).toEqual([0.7, 0]);
  for (const name of ['noisy.png', 'clean.png']) {
    const found = (await call(page, 'listRows', {})).find((one) => one.name === name);
    const { view, summary } = await call(page, 'openView', { row: found?.id ?? '' });
    const { width, height } = summary;
    const { model, noiseFactor, strength, colourStrength } = batch;
    const tile = viewTile.parse({
      view,
      layer: 'denoised',
      region: { x: 0, y: 0, width, height },
      reduction: 1,
      choices: { model, noiseFactor, strength, colourStrength },
    });
    const preview = await sharp(await tilePixels(page, tile))
      .removeAlpha()
      .raw()
      .toBuffer();
    const written = await sharp(await writtenFile(home, found?.output ?? ''))
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(preview.equals(written)).toBe(true);
  }
});

test('damage behind a whole header is told of where the picture would be, and in the list', async () => {
  const { page, person } = product();
  const whole = await readFile(join(person, 'noisy.png'));
  await writeFile(join(person, 'cut.png'), whole.subarray(0, Math.floor(whole.length * 0.6)));
  await dropOnWindow(page, [join(person, 'cut.png')]);
  await expect(row(page, 'cut.png')).toContainText(say('state-ready'));
  await row(page, 'cut.png').click();
  const sentence = page
    .getByRole('application')
    .getByText(/“cut\.png” is damaged: .*Restore it from a backup/);
  await expect(sentence).toBeVisible();
  await expect(row(page, 'cut.png')).toContainText(/is damaged/);
});

test('a picture that could not be opened says why where it would be', async (context) => {
  if (wantsElectron()) context.skip('the desktop window asks by messages, which no test can hold up');
  const { page } = product();
  await row(page, 'clean.png').click();
  const failure = { ok: false, code: 'input-changed', details: { file: '/far/noisy.png' }, message: '' };
  await page.route('**/invoke/openView', (route) => route.fulfill({ json: failure }));
  try {
    await row(page, 'noisy.png').click();
    await expect(stage(page).getByText(/^“noisy\.png” changed while it was being read\./)).toBeVisible();
  } finally {
    await page.unroute('**/invoke/openView');
  }
  await row(page, 'clean.png').click();
  await expect(stage(page).getByText(/changed while/)).toBeHidden();
});
