import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { writeNoisy } from '../../test/cli/noisy-pictures.ts';
import { button, expect, row, rows, slider } from '../../test/window/controls.ts';
import { dropOnWindow } from '../../test/window/drop.ts';
import { Product } from '../../test/window/product.ts';
import { stage } from '../../test/window/stage.ts';
import { say, saying } from '../../test/window/wording.ts';

/**
 * How soon the window answers, in the built product (browser host and Chromium): from the last move of a slider to the
 * frame that shows the last of the pixels it asked for, in a view of 512 × 512 pixels at 100 % with the default model;
 * and from a drop of 10,000 files to the first row.
 *
 *   npm run bench -- bench/window/response.ts [files]
 *
 * `files` measures the drop too, which takes some minutes.
 */
const side = 512;
const moves = 9;
const framesOfDrag = 20;
const many = 10_000;

interface Watch {
  /** When each request for pixels was made, when what it brought had arrived, and when it was drawn. */
  readonly tiles: { asked: number; arrived: number | null; drawn: number | null }[];
  /** When pixels for other noise factors were drawn mixed, and when that frame was over. */
  readonly mixed: { at: number; drawn: number }[];
}

/** What is asked for later than this is the rest of the view, which follows when the hand has come to rest. */
const restMs = 200;

/** Notes in the page when tiles arrive: each becomes a bitmap, and is drawn with the next frame. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Watch = { tiles: [], mixed: [] };
    Object.assign(window, { seen });
    const ofBlob = new WeakMap<Blob, Watch['tiles'][number]>();
    const fetchAny = window.fetch.bind(window);
    const makeBitmap = window.createImageBitmap.bind(window) as (blob: Blob) => Promise<ImageBitmap>;
    window.fetch = async (...all: Parameters<typeof fetch>) => {
      const pixels = (typeof all[0] === 'string' ? all[0] : '').endsWith('/pixels');
      if (!pixels) return fetchAny(...all);
      const tile: Watch['tiles'][number] = { asked: performance.now(), arrived: null, drawn: null };
      seen.tiles.push(tile);
      const answer = await fetchAny(...all);
      const blobOf = answer.blob.bind(answer);
      answer.blob = async () => {
        const blob = await blobOf();
        tile.arrived = performance.now();
        ofBlob.set(blob, tile);
        return blob;
      };
      return answer;
    };
    const drawing = CanvasRenderingContext2D.prototype;
    const drawAny = Reflect.get(drawing, 'drawImage') as (...all: unknown[]) => void;
    Object.assign(drawing, {
      drawImage(this: CanvasRenderingContext2D, ...all: unknown[]) {
        const at = performance.now();
        if (this.globalAlpha < 1) {
          requestAnimationFrame(() => seen.mixed.push({ at, drawn: performance.now() }));
        }
        drawAny.apply(this, all);
      },
    });
    Object.assign(window, {
      createImageBitmap: async (blob: Blob) => {
        const bitmap = await makeBitmap(blob);
        const tile = ofBlob.get(blob);
        // The tile is drawn in the next frame, which is over when the one after it begins.
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            if (tile) tile.drawn = performance.now();
          });
        });
        return bitmap;
      },
    });
  });
}

/** Milliseconds from the last move of a slider. */
interface Answer {
  /** To the frame that shows the last pixels that were asked for. */
  readonly ms: number;
  /** To the last request, and to the arrival of the last pixels. */
  readonly askedAfter: number;
  readonly arrivedAfter: number;
  readonly requests: number;
  /** To the frame that shows a mixture in their place; Infinity where none was. */
  readonly mixedAfter: number;
}

/** What moves a slider's thumb once, and the event that its last move is. */
interface Move {
  readonly event: 'keydown' | 'pointermove';
  readonly by: (page: Page, thumb: Locator) => Promise<void>;
}

const key = (name: string): Move => ({ event: 'keydown', by: (page) => page.keyboard.press(name) });

/** A hand that moves the thumb by a pixel a frame, rests for a moment, and only then lets go. */
const drag: Move = {
  event: 'pointermove',
  by: async (page, thumb) => {
    const box = (await thumb.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let at = 1; at <= framesOfDrag; at++) {
      await page.mouse.move(x + at, y);
      await page.waitForTimeout(1000 / 60);
    }
    await page.waitForTimeout(1000);
    await page.mouse.up();
  },
};

/** Null where the move asked for no pixels. */
async function answerTime(page: Page, thumb: Locator, { event, by }: Move): Promise<Answer | null> {
  await page.evaluate((type) => {
    const moved = { at: 0, over: new AbortController() };
    Object.assign(window, { moved });
    const { signal } = moved.over;
    addEventListener(type, ({ timeStamp }) => (moved.at = timeStamp), { capture: true, signal });
    const { seen } = window as unknown as { seen: Watch };
    seen.tiles.length = seen.mixed.length = 0;
  }, event);
  await by(page, thumb);
  await page.waitForTimeout(3000);
  return page.evaluate((most) => {
    const { seen, moved } = window as unknown as {
      seen: Watch;
      moved: { at: number; over: AbortController };
    };
    moved.over.abort();
    const first = seen.tiles.filter(({ asked }) => asked - moved.at < most);
    const drawn = first.flatMap((tile) => (tile.drawn === null ? [] : [tile.drawn]));
    if (drawn.length === 0) return null;
    return {
      ms: Math.max(...drawn) - moved.at,
      askedAfter: Math.max(...first.map(({ asked }) => asked)) - moved.at,
      arrivedAfter: Math.max(...first.map(({ arrived }) => arrived ?? 0)) - moved.at,
      requests: first.length,
      mixedAfter: (seen.mixed.find(({ at }) => at >= moved.at)?.drawn ?? Infinity) - moved.at,
    };
  }, restMs);
}

async function measureSlider(page: Page, what: string, name: 'noise-factor' | 'strength', move: Move) {
  const thumb = slider(page, name);
  await thumb.focus();
  // What it may move to is fetched.
  await page.waitForTimeout(3000);
  const times: Answer[] = [];
  for (let at = 0; at < moves; at++) {
    // Each value is a new one: nothing of it is kept from before.
    const time = await answerTime(page, thumb, move);
    if (time) times.push(time);
  }
  const sorted = (of: (time: Answer) => number) => times.map(of).sort((one, other) => one - other);
  const middle = (values: readonly number[]) => (values[values.length >> 1] ?? NaN).toFixed(0);
  const all = sorted(({ ms }) => ms);
  const [asked, arrived, mixed] = [
    sorted((time) => time.askedAfter),
    sorted((time) => time.arrivedAfter),
    sorted((time) => time.mixedAfter),
  ].map(middle);
  console.log(
    `${what}, ${name}, ${move.event}: median ${middle(all)} ms, ${all[0]?.toFixed(0)} to ${all.at(-1)?.toFixed(0)} ms ` +
      `(mixed after ${mixed}, asked after ${asked}, arrived after ${arrived}; requests: ${times.map((time) => time.requests).join(' ')})`,
  );
}

/** From the click on a row to the frame that shows the first of its pixels. */
async function measureFirstLook(page: Page, name: string): Promise<void> {
  await page.evaluate(() => {
    const started = { at: 0 };
    Object.assign(window, { started });
    addEventListener('click', (event) => (started.at = event.timeStamp), { once: true, capture: true });
    (window as unknown as { seen: Watch }).seen.tiles.length = 0;
  });
  await row(page, name).click();
  await page.waitForTimeout(6000);
  const ms = await page.evaluate(() => {
    const { seen, started } = window as unknown as { seen: Watch; started: { at: number } };
    return Math.min(...seen.tiles.map(({ drawn }) => drawn ?? Infinity)) - started.at;
  });
  console.log(`first look at ${name}: ${ms.toFixed(0)} ms`);
}

async function lookAt(page: Page, name: string): Promise<void> {
  await row(page, name).click();
  await expect(page.getByText(say('measured-auto'))).toBeVisible({ timeout: 120_000 });
  await stage(page).focus();
  await page.keyboard.press('1');
  await page.waitForTimeout(3000);
}

async function measureLooking(product: Product): Promise<void> {
  const { page, person } = product;
  await writeNoisy(join(person, 'small.png'), { width: side, height: side });
  await writeNoisy(join(person, 'large.png'), { width: 6000, height: 4000 });
  await dropOnWindow(page, [join(person, 'small.png'), join(person, 'large.png')]);
  await expect(rows(page)).toHaveCount(2);
  await watch(page);
  // The first of each pair also starts the engine, or finds the picture in no cache.
  for (const name of ['large.png', 'small.png', 'large.png', 'small.png']) await measureFirstLook(page, name);
  await lookAt(page, 'small.png');
  const box = (await stage(page).boundingBox())!;
  const viewport = page.viewportSize()!;
  await measureSliders(page, `all of a picture of ${side} × ${side}`);
  await page.setViewportSize({
    width: Math.round(viewport.width - box.width + side),
    height: Math.round(viewport.height - box.height + side),
  });
  await lookAt(page, 'large.png');
  const seen = (await stage(page).boundingBox())!;
  const what = `${Math.round(seen.width)} × ${Math.round(seen.height)} of a picture of 6000 × 4000`;
  await measureSliders(page, what);
}

async function measureSliders(page: Page, what: string): Promise<void> {
  await measureSlider(page, what, 'noise-factor', key('ArrowRight'));
  await measureSlider(page, what, 'noise-factor', drag);
  await measureSlider(page, what, 'strength', key('ArrowLeft'));
}

async function measureDrop(): Promise<void> {
  const product = await Product.open();
  try {
    const { page, person } = product;
    const folder = join(person, 'many');
    await mkdir(folder);
    await writeNoisy(join(person, 'first.png'), { width: 16, height: 12 });
    for (let at = 0; at < many; at++) {
      await link(join(person, 'first.png'), join(folder, `picture-${String(at).padStart(5, '0')}.png`));
    }
    await page.evaluate(() => {
      const seen = { droppedAt: 0, firstRowAt: 0, longest: 0 };
      Object.assign(window, { seen });
      addEventListener('drop', () => (seen.droppedAt ||= performance.now()), { capture: true });
      new MutationObserver(() => {
        if (document.querySelector('[role=option]')) seen.firstRowAt ||= performance.now();
      }).observe(document.body, { childList: true, subtree: true });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
      }).observe({ type: 'longtask' });
    });
    const started = performance.now();
    await dropOnWindow(page, [folder]);
    await expect(rows(page).first()).toBeVisible();
    const heading = page.getByRole('heading', { name: saying('pictures-count-other') });
    const count = async () => Number((await heading.innerText()).replace(/\D/g, ''));
    await expect.poll(count, { timeout: 600_000, intervals: [500] }).toBe(many);
    const seconds = (performance.now() - started) / 1000;
    const seen = await page.evaluate(
      () => (window as unknown as { seen: { droppedAt: number; firstRowAt: number; longest: number } }).seen,
    );
    const first = (seen.firstRowAt - seen.droppedAt).toFixed(0);
    console.log(`${many} files: first row after ${first} ms, all after ${seconds.toFixed(0)} s, longest task ${seen.longest.toFixed(0)} ms`); // prettier-ignore
  } finally {
    await product.close();
  }
}

const product = await Product.open();
try {
  await measureLooking(product);
  await expect(button(product.page, 'zoom-fit')).toBeVisible();
} finally {
  await product.close();
}
if (process.argv.includes('files')) await measureDrop();
