import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BrowserHost } from '../../web/browser-host.ts';
import { FakeWindow } from '../fixtures/hosts/fake-window.ts';

let pages: string;
let window: FakeWindow;
let host: BrowserHost;
let origin: string;
let cookie: string;

beforeEach(async () => {
  pages = mkdtempSync(join(tmpdir(), 'unspeckle-pages-'));
  mkdirSync(join(pages, 'assets'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>a window</title>');
  writeFileSync(join(pages, 'assets', 'index-Ab_1.js'), 'export {};');
  writeFileSync(join(pages, '.secret.js'), 'hidden');
  symlinkSync('/etc/hostname', join(pages, 'assets', 'link.json'));
  window = new FakeWindow();
  host = await BrowserHost.start({ window, pages, port: 0 });
  origin = new URL(host.address).origin;
  const entered = await fetch(host.address, { redirect: 'manual' });
  cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
});

afterEach(async () => {
  await host.close();
  rmSync(pages, { recursive: true });
});

const as = (headers: Record<string, string> = {}): { headers: Record<string, string> } => ({
  headers: { cookie, ...headers },
});

/** A request as no browser and no `fetch` would send it. */
function raw(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers: { cookie, ...headers } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe('the way in', () => {
  test('the printed address gives a cookie that scripts and other sites never see, and leaves the address bar', async () => {
    const entered = await fetch(host.address, { redirect: 'manual' });
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/');
    expect(entered.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(new URL(host.address).searchParams.get('token'));
  });

  test('a link on another site leads in through a page of our own, which brings the cookie along', async () => {
    const entered = await fetch(host.address, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(entered.status).toBe(200);
    expect(await entered.text()).toContain('url=/');
    expect(entered.headers.get('set-cookie')).toContain('SameSite=Strict');
  });

  test.each(['/', '/events', '/output/1', '/results/000001-ab/en', '/?token=', '/?token=wrong'])(
    'without the cookie %s is refused',
    async (path) => {
      expect((await fetch(origin + path)).status).toBe(401);
    },
  );

  test.each(['/\\', '/\\[', '//[', 'http://['])(
    'an address that is none (%s) hurts nobody else',
    async (path) => {
      expect(await raw(path, {})).toBe(404);
      expect((await fetch(origin, as())).status).toBe(200);
    },
  );

  test('a call without the cookie does nothing', async () => {
    const refused = await fetch(`${origin}/invoke/hello`, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(401);
    expect(window.calls).toEqual([]);
  });

  test.each([
    ['another name for this address', { host: 'evil.example' }],
    ['the right name with another port', { host: '127.0.0.1:1' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('%s is refused, cookie or not', async (_, headers) => {
    expect(await raw('/', headers)).toBe(403);
    expect(await raw('/invoke/hello', headers, 'POST')).toBe(403);
    expect(window.calls).toEqual([]);
  });
});

describe('the page', () => {
  test('S2: comes with the headers that keep everything else out', async () => {
    const page = await fetch(origin, as());
    expect(await page.text()).toContain('a window');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy.split('; ')).toContain(rule);
    }
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  test('S4: has its files, and nothing beside, above or behind them', async () => {
    expect((await fetch(`${origin}/assets/index-Ab_1.js`, as())).status).toBe(200);
    for (const path of [
      '/.secret.js',
      '/assets/link.json',
      '/assets',
      '/nothing.js',
      '/../index.html.js',
      '/%2e%2e/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
      '/assets%5c..%5cpackage.json',
      '//etc/package.json',
      '/index.html%00.js',
    ]) {
      expect([path, await raw(path, {})]).toEqual([path, 404]);
    }
  });

  test('other methods are refused', async () => {
    expect(await raw('/', {}, 'PUT')).toBe(405);
    expect(await raw('/', {}, 'OPTIONS')).toBe(405);
    expect(await raw('/', {}, 'POST')).toBe(404);
  });
});

describe('calls', () => {
  const call = (method: string, body: string) =>
    fetch(`${origin}/invoke/${method}`, { method: 'POST', body, ...as({ origin }) });

  test('reach the app and come back as a reply', async () => {
    const reply = await call('hello', '{"a":1}');
    expect(await reply.json()).toEqual({ ok: true, value: { method: 'hello' } });
    expect(window.calls).toEqual([{ method: 'hello', request: { a: 1 } }]);
  });

  test.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['far too much', ' '.repeat(9 * 1024 * 1024)],
  ])('with %s are failures and reach nobody', async (_, body) => {
    const reply = await call('hello', body);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ ok: false, code: 'argument-invalid' });
    expect(window.calls).toEqual([]);
  });
});

describe('events', () => {
  test('go to every window, until it leaves', async () => {
    const leaving = new AbortController();
    const [first, second] = await Promise.all([
      fetch(`${origin}/events`, { ...as(), signal: leaving.signal }),
      fetch(`${origin}/events`, as()),
    ]);
    expect(first.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    window.tell({ type: 'looking', found: 3 });
    for (const stream of [first, second]) {
      expect(await firstData(stream)).toBe('data: {"type":"looking","found":3}');
    }
    expect(window.listeners.size).toBe(2);
    leaving.abort();
    await expect.poll(() => window.listeners.size).toBe(1);
    await host.close();
    expect(window.listeners.size).toBe(0);
  });
});

async function firstData(stream: Response): Promise<string | undefined> {
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const line = text.split('\n').find((candidate) => candidate.startsWith('data:'));
    if (line !== undefined) return line;
    const { value, done } = await reader.read();
    if (done) return undefined;
    text += value;
  }
}

describe('pixels and files', () => {
  test('a tile is asked of the app and comes back with its header', async () => {
    const answer = await fetch(`${origin}/pixels`, { method: 'POST', body: '{"view":"v"}', ...as() });
    expect(answer.headers.get('x-complete')).toBe('true');
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([137, 80, 78, 71]);
    expect(window.tiles).toEqual([{ view: 'v' }]);
  });

  test('a page that no longer wants a tile stops the work on it', async () => {
    window.fetch = (request) => {
      window.lastSignal = request.signal;
      return new Promise(() => {});
    };
    const leaving = new AbortController();
    const asked = fetch(`${origin}/pixels`, { method: 'POST', body: '{}', ...as(), signal: leaving.signal });
    await expect.poll(() => window.lastSignal?.aborted).toBe(false);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => window.lastSignal?.aborted).toBe(true);
  });

  test('finished pictures and models are asked of the app by their ids alone', async () => {
    expect(await (await fetch(`${origin}/output/r1`, as())).text()).toBe('/output/r1');
    expect(await (await fetch(`${origin}/model/gaussian-small`, as())).text()).toBe('/model/gaussian-small');
    expect(await (await fetch(`${origin}/results/000001-ab/en`, as())).text()).toBe('/results/000001-ab/en');
    for (const path of ['output/a/b', 'results/000001-ab', 'results/a/b/c']) {
      expect((await fetch(`${origin}/${path}`, as())).status).toBe(404);
    }
  });

  test('an upload arrives whole, with where it lay', async () => {
    const bytes = new Uint8Array(3_000_000).fill(7);
    const path = encodeURIComponent('día/ä b.png');
    const address = `${origin}/upload?path=${path}&modified=1600000000000`;
    const answer = await fetch(address, { method: 'POST', body: bytes, ...as() });
    expect(await answer.json()).toEqual({ ok: true, value: { added: 1, place: null } });
    expect(window.uploads).toHaveLength(1);
    expect(window.uploads[0]).toMatchObject({ path: 'día/ä b.png', modifiedMs: 1.6e12 });
    expect(Buffer.compare(window.uploads[0]?.bytes ?? new Uint8Array(), bytes)).toBe(0);
  });
});
