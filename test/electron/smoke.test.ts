import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { QueueRow } from '../../contract/batch.ts';
import { unwrap } from '../../contract/errors.ts';
import { viewTile } from '../../contract/view.ts';
import { runDesktop, type RunOptions } from './desktop-run.ts';
import { cancellable, type StandIn } from './stand-in.ts';

const samples = join(import.meta.dirname, '../../samples/noisy');
const pictures = ['diatoms.png'].map((name) => join(samples, name));

async function desktop(options: RunOptions = {}) {
  const run = await runDesktop(options);
  onTestFinished(run.end);
  return run;
}

const listed = async (electron: StandIn): Promise<readonly QueueRow[]> =>
  unwrap(await electron.window.contents.host.invoke('listRows', {}));

const untilListed = (electron: StandIn, count: number) =>
  vi.waitFor(async () => expect(await listed(electron)).toHaveLength(count), {
    timeout: 20_000,
    interval: 50,
  });

describe('the built desktop app', () => {
  test('opens its page in one window, which reaches the app', async () => {
    const { electron } = await desktop();
    expect(electron.windows).toHaveLength(1);
    expect(electron.window.shown).toBe(1);
    expect(electron.window.contents.mainFrame.url).toBe('unspeckle://app/');
    const hello = unwrap(await electron.window.contents.host.invoke('hello', {}));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(hello).toMatchObject({ appVersion: version, locale: 'en-GB', abilities: { pickers: true } });
  });

  test('serves its page with the headers that keep everything else out', async () => {
    const { electron } = await desktop();
    const page = await electron.ask(new Request('unspeckle://app/'));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Unspeckle</title>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await electron.ask(new Request('unspeckle://app/../main.js'))).status).toBe(404);
    expect((await electron.ask(new Request('unspeckle://other/index.html'))).status).toBe(404);
  });

  test('adds what is dropped on its page, by paths that the page itself never sees', async () => {
    const { electron } = await desktop();
    const dropped = pictures.map((path) => {
      const file = new File(['?'], 'dropped.png');
      electron.filePaths.set(file, path);
      return { file, path: file.name };
    });
    const { host } = electron.window.contents;
    expect(host.takesFolders).toBe(true);
    expect(await host.addFiles(dropped)).toMatchObject({ ok: true });
    await untilListed(electron, 1);
    expect((await listed(electron))[0]).toMatchObject({ name: 'diatoms.png' });
  });

  test('takes what lies on no disk, such as a pasted screenshot, by its bytes', async () => {
    const { electron } = await desktop();
    const file = new File([readFileSync(pictures[0]!)], 'pasted.png');
    const { host } = electron.window.contents;
    expect(await host.addFiles([{ file, path: 'pasted.png' }])).toMatchObject({
      ok: true,
      value: { added: 1 },
    });
    await untilListed(electron, 1);
    expect((await listed(electron))[0]).toMatchObject({ name: 'pasted.png' });
  });

  test('opens what it was started with, was told to open before it was ready, and is handed by a second start', async () => {
    const opened = cancellable();
    const { electron } = await desktop({
      args: ['--inspect', join(samples, 'diatoms.png')],
      early: ({ app }) => app.emit('open-file', opened, join(samples, 'fig.png')),
    });
    expect(opened.defaultPrevented).toBe(true);
    await untilListed(electron, 2);
    electron.window.minimised = true;
    electron.app.emit('second-instance', {}, [], samples, { paths: [join(samples, 'dogs.jpg')] });
    await untilListed(electron, 3);
    expect(electron.window.minimised).toBe(false);
    expect(electron.window.focused).toBe(true);
  });

  test('a picture that is opened with it while it closes is opened by the start that follows', async () => {
    const { electron } = await desktop({ args: pictures });
    await untilListed(electron, 1);
    electron.window.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(electron.exit).toBeNull();
    const late = join(samples, 'dogs.jpg');
    electron.app.emit('second-instance', {}, [], samples, { paths: [late] });
    await vi.waitUntil(() => electron.exit !== null, { timeout: 10_000 });
    expect(electron.relaunchedWith?.at(-1)).toBe(late);
  });

  test('S8: a second start hands its paths over and ends', async () => {
    const { electron } = await desktop({ first: false, args: ['a.png'] });
    expect(electron.handedOver).toEqual({ paths: [join(process.cwd(), 'a.png')] });
    expect(electron.windows).toHaveLength(0);
    expect(electron.exit).toBe(0);
  });

  test('F10: pixels come through the protocol, as failures or as pictures; closing the window ends the engine', async () => {
    const { electron } = await desktop({ args: pictures });
    await untilListed(electron, 1);
    const { host } = electron.window.contents;
    const tile = viewTile.parse({
      view: 'none',
      layer: 'noisy',
      region: { x: 0, y: 0, width: 64, height: 48 },
      reduction: 1,
      choices: {},
    });
    const signal = new AbortController().signal;
    expect(await host.pixels(tile, signal)).toMatchObject({ ok: false, code: 'view-not-found' });
    const [row] = await listed(electron);
    const { view } = unwrap(await host.invoke('openView', { row: row?.id ?? '' }));
    const { png, complete } = unwrap(await host.pixels({ ...tile, view }, signal));
    const header = Buffer.from(await png.arrayBuffer());
    expect([header.toString('latin1', 1, 4), header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([
      'PNG',
      64,
      48,
    ]);
    expect(complete).toBe(true);

    expect(children()).toHaveLength(1);
    electron.window.close();
    await vi.waitUntil(() => electron.exit !== null, { timeout: 10_000 });
    expect([electron.exit, electron.windows.length, electron.questions.length]).toEqual([0, 0, 0]);
    await vi.waitUntil(() => children().length === 0, { timeout: 5_000 });
  });
});

/** Ids of the processes that this one has started and that still run. */
function children(): readonly string[] {
  return spawnSync('pgrep', ['-P', String(process.pid), '-x', 'node'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean);
}
