import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { browserArguments } from '../../web/arguments.ts';
import { browserCommand } from '../../web/open-browser.ts';
import { runBrowserHost } from '../../web/run-browser-host.ts';
import { browserServices } from '../../web/services.ts';
import { wishToEnd } from '../../web/wish-to-end.ts';
import { FakeWindow } from '../fixtures/hosts/fake-window.ts';

describe('the browser host as a program', () => {
  const start = (args: readonly string[], window = new FakeWindow()) => {
    const said: string[] = [];
    let end = (): void => {};
    const code = runBrowserHost({
      args,
      cwd: '/here',
      env: {},
      platform: 'linux',
      pages: '/nowhere',
      say: (line) => said.push(line),
      createApp: () => window.app,
      wishToEnd: new Promise((done) => (end = done)),
    });
    return { window, said, code, end };
  };

  test('prints its address, adds what it was given, and closes the app when it is ended', async () => {
    const { window, said, code, end } = start(['--no-open', 'a.png']);
    await vi.waitFor(() => expect(window.paths).toEqual([resolve('/here/a.png')]));
    const address = /http:\S+/.exec(said.join(' '))?.[0] ?? '';
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(303);
    expect(window.services?.abilities.pickers).toBe(false);
    end();
    expect(await code).toBe(0);
    expect([window.closed, window.appClosed]).toEqual([true, true]);
    await expect(fetch(address)).rejects.toThrow();
  });

  test('ends when it is to, however long it takes to look through what it was given', async () => {
    const slow = new FakeWindow();
    slow.addPaths = () => new Promise(() => {});
    const { end, code } = start(['--no-open', 'a'], slow);
    end();
    expect(await code).toBe(0);
  });

  test('says when no browser can be opened, and when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const taken = start(['--port', String(port)]);
    expect(await taken.code).toBe(1);
    expect(taken.said).toEqual([`Port ${port} is in use. Choose another with --port, or leave it out.`]);
    expect(taken.window.appClosed).toBe(true);

    const { said, end, code } = start([]);
    await vi.waitFor(() => expect(said.at(-1)).toMatch(/^No browser could be opened/));
    end();
    await code;
  });
});

test.each([
  [['--port', '70000'], /--port: expected a number from 0 to 65535, got 70000/],
  [['--port', 'x'], /got x/],
  [['--wrong'], /--wrong[^]*Usage/],
])('%j is refused in a sentence', (args, sentence) => {
  const wanted = browserArguments(args, '/');
  expect(wanted).toMatchObject({ code: 1, say: expect.stringMatching(sentence) as string });
});

test('the browser of the system is opened by a list of arguments, and none without a screen', () => {
  const address = 'http://127.0.0.1:1/?token=x';
  const on = (platform: NodeJS.Platform, env = {}) => browserCommand(address, { platform, env });
  expect(on('darwin')).toEqual(['open', address]);
  expect(on('win32')).toEqual(['rundll32', 'url.dll,FileProtocolHandler', address]);
  expect(on('linux', { DISPLAY: ':0' })).toEqual(['xdg-open', address]);
  expect(on('linux')).toBeNull();
});

test('a terminal and npm that both pass on one Ctrl-C mean one wish; a later one does not wait', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const listeners: (() => void)[] = [];
  const exit = vi.fn();
  const wish = wishToEnd({
    on: (_: string, listener: () => void) => listeners.push(listener),
    exit,
  } as never);
  listeners[0]?.();
  listeners[0]?.();
  await wish;
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  listeners[1]?.();
  expect(exit).toHaveBeenCalledWith(1);
});

test('what the browser host can do is said truthfully', async () => {
  const services = browserServices();
  expect(services.abilities).toEqual({ pickers: false, reveal: false, notifications: false, taskbarProgress: false, trash: true }); // prettier-ignore
  await expect(services.chooseFolder()).rejects.toThrow();
  await expect(services.reveal('/')).rejects.toThrow();
});
