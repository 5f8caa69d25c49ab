import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Reply } from '../../contract/errors.ts';
import { windowMethods } from '../../contract/window-api.ts';
import { runDesktop, type DesktopRun } from './desktop-run.ts';
import { cancellable, StandInContents, type StandIn } from './stand-in.ts';

/** The numbers are those of Electron's checklist, and of the table in docs/security.md. */

const root = join(import.meta.dirname, '../..');
let run: DesktopRun;
let electron: StandIn;

beforeAll(async () => {
  run = await runDesktop();
  ({ electron } = run);
  return run.end;
});

const source = (folder: string): string =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|svelte|html)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

/** What came of an event that the app may prevent. */
function prevented(name: string, emitter: { emit: (name: string, ...args: unknown[]) => boolean }): boolean {
  const event = cancellable();
  emitter.emit(name, event, 'https://example.org/');
  return event.defaultPrevented;
}

describe("Electron's checklist, on the built app", () => {
  test('S11: 1 nothing is loaded from the network: requests to anywhere else are cancelled', () => {
    const cancelled = electron.beforeRequest ?? (() => false);
    for (const address of ['https://example.org/', 'http://127.0.0.1/', 'file:///etc/passwd', 'unspeckle://other/', 'ws://x/', 'data:text/html,x']) {
      expect([address, cancelled(address)]).toEqual([address, true]);
    } // prettier-ignore
    expect(cancelled('unspeckle://app/assets/a.js')).toBe(false);
    expect(electron.proxy).toBe('direct');
    expect(electron.spellChecker).toBe(false);
    expect(electron.switches).toContain('disable-background-networking');
  });

  test('S1: 2, 3, 4, 6, 8, 9, 10, 11: the one window is made without any power', () => {
    expect(electron.sandboxed).toBe(true);
    const { webPreferences } = electron.window.options;
    expect(webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
    });
    expect(webPreferences).not.toHaveProperty('enableBlinkFeatures');
    expect(source('electron').match(/new BrowserWindow\(/g)).toHaveLength(1);
    expect(source('electron') + source('renderer')).not.toMatch(/<webview|allowpopups|enableBlinkFeatures/);
  });

  test('S10: 5 every permission is refused', () => {
    const { request, check, device } = electron.permissionAnswers;
    const decisions: boolean[] = [];
    request?.('media', (allowed) => decisions.push(allowed));
    expect([...decisions, check?.(), device?.()]).toEqual([false, false, false]);
    expect(prevented('will-download', electron.sessionEvents)).toBe(true);
  });

  test('S2: 7 every answer carries a policy that lets only its own files run', async () => {
    for (const path of ['', 'nothing.js', 'output/none']) {
      const answer = await electron.ask(new Request(`unspeckle://app/${path}`));
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).not.toMatch(/unsafe-|\*|https?:/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('S6: 12, 13, 14: the page goes nowhere, opens nothing and holds no other page', () => {
    const { contents } = electron.window;
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      expect([name, prevented(name, contents)]).toEqual([name, true]);
    }
    expect(contents.windowOpenHandler?.({ url: 'https://example.org/' } as never)).toEqual({
      action: 'deny',
    });
  });

  test('S9: 15, 18: nothing is opened outside, and nothing is loaded from file addresses', () => {
    expect(source('electron')).not.toMatch(/openExternal|openPath|loadFile|file:\/\//);
    expect(electron.schemes).toEqual([
      { scheme: 'unspeckle', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
    expect(electron.window.contents.mainFrame.url).toBe('unspeckle://app/');
  });

  test('16 Electron is pinned to one exact version', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number(devDependencies['electron']?.split('.')[0])).toBeGreaterThanOrEqual(45);
  });

  test('17 only the main frame of the own window, on its own page, is heard', async () => {
    const { contents } = electron.window;
    const channels = ['unspeckle:invoke', 'unspeckle:add-paths', 'unspeckle:add-training-paths'];
    expect([...electron.channels].sort()).toEqual([...channels, 'unspeckle:forget-tile'].sort());
    const stranger = new StandInContents(electron, {});
    for (const channel of channels) {
      const args = channel.endsWith('invoke') ? ['hello', '{}'] : [[]];
      await expect(contents.invoke(channel, args)).resolves.toContain('"ok":true');
      for (const frame of [null, { url: 'unspeckle://app/' }]) {
        await expect(contents.invoke(channel, args, frame)).rejects.toThrow('not heard');
      }
      stranger.mainFrame.url = 'unspeckle://app/';
      await expect(stranger.invoke(channel, args)).rejects.toThrow('not heard');
      contents.mainFrame.url = 'https://example.org/';
      await expect(contents.invoke(channel, args)).rejects.toThrow('not heard');
      contents.mainFrame.url = 'unspeckle://app/';
    }
    // A message nobody answers is dropped.
    expect(() =>
      electron.send({ sender: stranger, senderFrame: null }, 'unspeckle:forget-tile', [1]),
    ).not.toThrow();
  });

  test('S3: 17 wrong messages are failures, and change nothing', async () => {
    const { contents } = electron.window;
    const reply = async (channel: string, ...args: unknown[]) =>
      JSON.parse((await contents.invoke(channel, args)) as string) as Reply<unknown>;
    for (const args of [[], ['hello'], ['hello', {}], ['hello', '{'], ['constructor', '{}'], [7, '{}'], ['listRows', '{"__proto__":{"a":1}, "b":1}']]) {
      expect([args, (await reply('unspeckle:invoke', ...args)).ok]).toEqual([args, false]);
    } // prettier-ignore
    for (const paths of [null, 'x', [7], ['relative'], ['/a\0b'], [`/${'x'.repeat(40_000)}`]]) {
      expect([paths, (await reply('unspeckle:add-paths', paths)).ok]).toEqual([paths, false]);
    }
    expect({}).not.toHaveProperty('a');
    expect(windowMethods).not.toContain('constructor');
  });

  test('S12: 19 the fuses are set', () => {
    const text = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
    const block = /^electronFuses:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? '';
    const fuses: Record<string, boolean> = {};
    for (const [, name = '', on] of block.matchAll(/^ {2}(\w+): (true|false)$/gm))
      fuses[name] = on === 'true';
    expect(fuses).toEqual({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      loadBrowserProcessSpecificV8Snapshot: false,
      enableCookieEncryption: false,
      resetAdHocDarwinSignature: true,
    });
  });

  test('20 the page gets a host and nothing of Electron: no channel, no event, frozen', () => {
    const { host, world } = electron.window.contents;
    expect(Object.keys(host).sort()).toEqual(
      ['addFiles', 'addTrainingFiles', 'downloadAddress', 'imageAddress', 'invoke', 'listen', 'modelAddress', 'pixels', 'resultsAddress', 'takesFolders'],
    ); // prettier-ignore
    expect(Object.isFrozen(host)).toBe(true);
    expect(Object.keys(world).filter((name) => name !== 'fetch')).toEqual(['host']);
    const heard: unknown[][] = [];
    const silence = host.listen((...args) => heard.push(args));
    const event = { type: 'looking', found: 1 } as const;
    (electron.window.contents as unknown as { send: (...args: unknown[]) => void }).send(
      'unspeckle:event',
      JSON.stringify(event),
    );
    silence();
    expect(heard).toEqual([[event]]);
  });
});

test('F6: a page that crashes is loaded again, a few times', async () => {
  const other = await runDesktop();
  onTestFinished(other.end);
  const { contents } = other.electron.window;
  for (let crash = 0; crash < 10; crash++) contents.emit('render-process-gone', {}, { reason: 'crashed' });
  expect(contents.reloads).toBe(3);
  const { host } = contents;
  await vi.waitFor(async () => expect((await host.invoke('hello', {})).ok).toBe(true));
});
