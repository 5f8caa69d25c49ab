import { describe, expect, test } from 'vitest';
import { viewChoices, viewTile, type ViewTile } from '../../../contract/view.ts';
import { eventually, useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const choices = viewChoices.parse({});
const region = { x: 0, y: 0, width: 64, height: 64 };

const tileOf = (view: string, more: Partial<ViewTile> = {}): ViewTile =>
  viewTile.parse({ view, layer: 'denoised', region, reduction: 1, choices, ...more });

function post(window: TestWindow, tile: unknown, signal?: AbortSignal): Promise<Response> {
  const body = JSON.stringify(tile);
  return window.app.fetch(
    new Request('http://any.host/pixels?x=1', { method: 'POST', body, ...(signal ? { signal } : {}) }),
  );
}

async function withPicture(
  name: string,
  ...commands: string[]
): Promise<{ window: TestWindow; row: string }> {
  await workshop.picture(name, ...commands);
  const window = new TestWindow(workshop.app(enginePath));
  await window.add(workshop.pictures);
  return { window, row: window.row(name).id };
}

describe('a view', () => {
  test('shows the picture of its row, with the model and backend that the settings mean', async () => {
    const { window, row } = await withPicture('a.png', 'size 640 480');
    const { view, summary } = await window.call('openView', { row });
    const { noiseFactor } = await window.call('measureView', { view });
    expect([summary.width, noiseFactor]).toEqual([640, 0.1]);
    const response = await post(window, tileOf(view));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('x-complete')).toBe('true');
    expect(await response.json()).toEqual({ file: 'a.png', layer: 'denoised' });
    await post(window, tileOf(view, { layer: 'noisy' }));
    expect(workshop.notes('pixels')).toMatchObject([
      { model: 'gaussian-small', runtime: { backend: 'wasm', threads: 0 } },
      { file: 'a.png' },
    ]);
    expect(workshop.choices()).toHaveLength(1);
  });

  test('is opened again in silence after the engine was restarted, and never shows another picture', async () => {
    await workshop.picture('b.png');
    const { window, row } = await withPicture('a.png');
    const first = await window.call('openView', { row });
    const second = await window.call('openView', { row: window.row('b.png').id });
    const [pid = 0] = workshop.enginePids();
    process.kill(pid, 'SIGKILL');
    await eventually(() => window.eventsOf('engine-restarted').length > 0, 'word of the end');
    // The engine numbers its views from the beginning again: the second is its first now.
    expect(await (await post(window, tileOf(second.view))).json()).toMatchObject({ file: 'b.png' });
    const together = await Promise.all([1, 2, 3].map(() => post(window, tileOf(first.view))));
    for (const response of together) expect(await response.json()).toMatchObject({ file: 'a.png' });
    expect(await window.call('judgeResidual', { view: first.view, page: 0, region, choices })).toMatchObject({
      verdict: 'noise-only',
    });
    expect(workshop.enginePids()).toHaveLength(2);
  });

  test('drops what nobody waits for any more', async () => {
    const { window, row } = await withPicture('a.png', 'view-wait 60000');
    const { view } = await window.call('openView', { row });
    const stop = new AbortController();
    const waiting = post(window, tileOf(view), stop.signal);
    await eventually(() => workshop.notes('pixels').length > 0, 'the request');
    stop.abort();
    expect(await (await waiting).json()).toMatchObject({ ok: false, code: 'cancelled' });
    await eventually(() => workshop.notes('dropped').length > 0, 'the engine to drop it');
  });

  test('is cleaned whole in the background, told of as it goes', async () => {
    const { window, row } = await withPicture('a.png');
    const { view } = await window.call('openView', { row });
    await window.call('completeView', { view, page: 0, choices });
    await eventually(() => window.eventsOf('view-progress').at(-1)?.fraction === 1, 'the end');
    expect(window.eventsOf('view-progress').map(({ fraction }) => fraction)).toEqual([0.25, 0.5, 1]);
    expect(window.eventsOf('view-progress')[0]).toMatchObject({ view, page: 0 });
    expect(await window.call('scoreView', { view, page: 0, region, choices })).toMatchObject({
      denoised: { psnr: 30 },
    });
  });

  test('that somebody opened and passed over is given up; those of others are not', async () => {
    const { window, row } = await withPicture('a.png', 'open-wait 60000');
    await window.add(await workshop.picture('b.png'), await workshop.picture('c.png', 'open-wait 300'));
    const passedOver = window.try('openView', { row, looker: 'page-1' });
    const other = window.call('openView', { row: window.row('c.png').id, looker: 'page-2' });
    const latest = await window.call('openView', { row: window.row('b.png').id, looker: 'page-1' });
    expect(await passedOver).toMatchObject({ code: 'cancelled' });
    expect(await (await post(window, tileOf(latest.view))).json()).toMatchObject({ file: 'b.png' });
    expect((await other).summary.width).toBeGreaterThan(0);
  });

  test('that is closed, of a row that is gone, or never was, is not found', async () => {
    const { window, row } = await withPicture('a.png');
    const { view } = await window.call('openView', { row });
    await window.call('removeRows', { rows: [row] });
    expect(workshop.notes('closed')).toHaveLength(1);
    const response = await post(window, tileOf(view));
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { ok: false, code: 'view-not-found' },
    ]);
    expect(await window.try('openView', { row })).toMatchObject({ code: 'row-not-found' });
    expect(await window.call('closeView', { view: 'v1' })).toBeNull();
  });

  test('that finds damage behind a whole header says so in the list, until the file is whole', async () => {
    const { window, row } = await withPicture('a.png', 'damaged-behind');
    expect(window.row('a.png').state).toBe('ready');
    const { view } = await window.call('openView', { row });
    expect(await (await post(window, tileOf(view))).json()).toMatchObject({ code: 'image-damaged' });
    await eventually(() => window.row('a.png').state === 'failed', 'word of the damage');
    expect(window.row('a.png').problem?.code).toBe('image-damaged');
    // Put right, a batch cleans it; added anew it is read anew.
    await workshop.picture('a.png');
    await window.add(workshop.pictures);
    expect(window.row('a.png')).toMatchObject({ state: 'ready', problem: null });
    expect((await window.clean()).counts).toMatchObject({ done: 1, failed: 0 });
  });

  test('of a picture that cannot be read says why', async () => {
    const { window, row } = await withPicture('a.png', 'unreadable');
    expect(await window.try('openView', { row })).toMatchObject({ code: 'image-damaged' });
  });
});

test('addresses and tiles that make no sense are refused', async () => {
  const { window, row } = await withPicture('a.png');
  const { view } = await window.call('openView', { row });
  for (const tile of [
    null,
    {},
    { ...tileOf(view), reduction: 3 },
    { ...tileOf(view), more: 1 },
    'x'.repeat(1e5),
  ]) {
    expect((await post(window, tile)).status).toBe(400);
  }
  for (const path of [
    '',
    'pixels',
    'output/',
    'output/..%2f..%2fetc',
    'output/r1/x',
    'etc/passwd',
    'output/%ff',
  ]) {
    const response = await window.app.fetch(new Request(`http://any.host/${path}`));
    expect(response.status, path).toBeGreaterThanOrEqual(400);
    expect(await response.json()).toMatchObject({ ok: false });
  }
});
