import fc from 'fast-check';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Reply } from '../../contract/errors.ts';
import { windowMethods, type WindowMethod } from '../../contract/window-api.ts';
import { runDesktop, type DesktopRun } from '../electron/desktop-run.ts';
import { childrenOf, fingerprints, prepareHome, root } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { beyondThisMachine, callsOf, canTrace, straceArguments } from './traced.ts';
import { lyingMessages, temptations, wrongMessages } from './wrong-messages.ts';

const isLong = process.env['MODE'] === 'long';
/** For each call, of the page of the desktop app. */
const messages = isLong ? 10_000 : 200;
/** For each call, over HTTP, which is slower and ends in the same check. */
const posted = isLong ? 1000 : 200;
const lies = isLong ? 500 : 15;
const minutes = 60_000;
vi.setConfig({ testTimeout: (isLong ? 30 : 4) * minutes, hookTimeout: 180_000 });

/** The same messages at every run, unless a seed is given. */
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

/** Calls that do something by themselves, with nothing in them that could be a lie. */
const honest: ReadonlySet<WindowMethod> = new Set<WindowMethod>([
  // It lists the person's own folder, and so has to look at it.
  'browse',
  // They measure the machine for seconds, and take no names.
  'describeMachine',
  'describeTraining',
]);

let prepared: Awaited<ReturnType<typeof prepareHome>>;
let folder: string;
/** Nobody granted anything in here. */
let secret: string;
beforeAll(async () => {
  prepared = await prepareHome();
  folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  secret = join(folder, 'never-granted');
  mkdirSync(secret);
  mkdirSync(join(folder, 'person'));
  writeFileSync(join(secret, 'diary.txt'), 'nobody’s business');
  await writeNoisy(join(secret, 'private.png'), { width: 16, height: 12 });
  await writeNoisy(join(folder, 'person', 'given.png'), { width: 16, height: 12 });
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await prepared.remove();
});

/** What was sent is not repeated when it was answered as it should; the first that was not is. */
async function expectAll(
  send: (message: unknown) => Promise<Reply<unknown>>,
  kind: fc.Arbitrary<unknown>,
  count: number,
  check: (reply: Reply<unknown>) => boolean,
): Promise<void> {
  const samples = fc.sample(kind, { numRuns: count, seed });
  for (let at = 0; at < samples.length; at += 16) {
    const some = samples.slice(at, at + 16);
    const replies = await Promise.all(some.map(send));
    for (const [index, reply] of replies.entries()) {
      if (!check(reply)) expect({ sent: some[index], reply }).toEqual('a refusal');
    }
  }
}

const isRefusal = (reply: Reply<unknown>): boolean =>
  !reply.ok && (reply.code === 'request-invalid' || reply.code === 'argument-invalid');
const isCivil = (reply: Reply<unknown>): boolean =>
  reply.ok || (reply.code !== 'internal' && reply.message.length > 10);

/** Nothing that every object inherits was added or replaced. */
function expectPrototypesUntouched(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.prototype.toString.call({})).toBe('[object Object]');
}

describe('S3: the browser host', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let host: ChildProcess;
  let origin: string;
  let cookie: string;
  let log: string;
  const watched = canTrace();

  beforeAll(async () => {
    log = join(folder, 'calls');
    const web = [
      process.execPath,
      join(root, 'out/web.js'),
      '--no-open',
      join(folder, 'person', 'given.png'),
    ];
    const [command = '', ...args] = watched ? ['strace', ...straceArguments(log), ...web] : web;
    const env = { ...process.env, UNSPECKLE_HOME: join(folder, 'home'), HOME: join(folder, 'person') };
    host = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      host.stdout?.on('data', (chunk: Buffer) => {
        said += String(chunk);
        const found = /http:\/\/127\.0\.0\.1\S+/.exec(said)?.[0];
        if (found) resolve(found);
      });
      host.once('exit', () => reject(new Error(`the host ended: ${said}`)));
    });
    origin = new URL(address).origin;
    const entered = await fetch(address, { redirect: 'manual' });
    cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  }, 60_000);
  afterAll(async () => {
    agent.destroy();
    await stopped();
  });

  async function stopped(): Promise<void> {
    if (host.exitCode !== null || host.signalCode !== null) return;
    const ended = new Promise((resolve) => host.once('exit', resolve));
    // strace hears no signal while it writes to a file: it ends with what it watches.
    const [program = host.pid] = watched ? await childrenOf(host.pid) : [];
    if (program !== undefined) process.kill(program, 'SIGTERM');
    await ended;
  }

  function post(path: string, body: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        origin + path,
        { method: 'POST', agent, headers: { cookie, origin, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        },
      ); // prettier-ignore
      sent.once('error', (error) => {
        // The host may just be closing a connection that has rested, as browsers know too. One that died is not there again.
        if (sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET') resolve(post(path, body));
        else reject(error);
      });
      sent.end(body);
    });
  }

  const call = (method: string) => async (message: unknown) => {
    const { text } = await post(`/invoke/${method}`, JSON.stringify(message) ?? '');
    return JSON.parse(text) as Reply<unknown>;
  };
  const isAlive = async () => expect(await call('hello')({})).toMatchObject({ ok: true });

  test.each(windowMethods)(`S3: %s refuses ${posted} wrong messages over HTTP`, async (method) => {
    await expectAll(call(method), wrongMessages(method), posted, isRefusal);
    await isAlive();
  });

  test.each(windowMethods.filter((method) => !honest.has(method)))(
    'S4: %s finds nothing by names that nobody gave out',
    async (method) => {
      const secrets = fc.constantFrom(join(secret, 'private.png'), join(secret, 'diary.txt'), secret);
      const withSecrets = fc
        .tuple(lyingMessages(method), secrets)
        .map(([message, path]) => JSON.parse(replaceWords(JSON.stringify(message), path)) as object);
      await expectAll(call(method), withSecrets, lies, isCivil);
      await isAlive();
    },
  );

  test('S3: a text of 50 MB, one that is nested 100,000 levels deep and one that is no JSON harm nobody', async () => {
    const texts = [
      JSON.stringify({ rows: 'x'.repeat(50 * 2 ** 20) }),
      `{"rows":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      '[{"a":'.repeat(100_000),
      '{"__proto__":{"polluted":1},"rows":"all","more":1}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{',
      '\0',
    ];
    for (const method of ['removeRows', 'hello', 'constructor', '__proto__', 'toString']) {
      for (const text of texts) {
        // A host that has heard enough may close the door in the middle of the sentence.
        const { status } = await post(`/invoke/${method}`, text).catch(() => ({ status: 0 }));
        expect([method, text.slice(0, 20), [0, 200, 400, 404].includes(status)]).toEqual([method, text.slice(0, 20), true]); // prettier-ignore
        await isAlive();
      }
    }
  });

  test('S3: a tile that is described wrongly is refused', async () => {
    const kinds = fc.oneof(fc.anything({ maxDepth: 2 }), fc.constantFrom(...temptations).map((view) => ({ view, layer: 'noisy', region: { x: -1, y: NaN, width: 1e9, height: 1 }, reduction: 1, choices: {} }))); // prettier-ignore
    for (const tile of fc.sample(kinds, { numRuns: posted, seed })) {
      const { status } = await post('/pixels', JSON.stringify(tile) ?? '');
      expect([tile, status]).toEqual([tile, 400]);
    }
    await isAlive();
  });

  test('S4: nothing outside of what was given was opened or changed, and no socket asked for another machine', async (context) => {
    const before = await fingerprints(secret);
    await isAlive();
    await stopped();
    expect(await fingerprints(secret)).toEqual(before);
    if (!watched) context.skip('strace is not here or may not trace');
    const { opened, changed, network } = callsOf(readFileSync(log, 'utf8'), folder);
    expect(opened.length).toBeGreaterThan(20);
    expect(opened.filter((path) => path.startsWith(secret) || path === '/etc/passwd')).toEqual([]);
    const own = [join(folder, 'home'), '/dev/', '/proc/', tmpdir() === folder ? '' : '/tmp/node-'].filter(
      Boolean,
    );
    expect(changed.filter((path) => !own.some((start) => path.startsWith(start)))).toEqual([]);
    expect(beyondThisMachine(network)).toEqual([]);
  });
});

/** Puts a path in the place of every name that was made up. */
function replaceWords(text: string, path: string): string {
  return text.replaceAll(JSON.stringify('/etc/passwd'), JSON.stringify(path));
}

describe("S3: the desktop app's channels", () => {
  let run: DesktopRun;
  beforeAll(async () => {
    run = await runDesktop();
  });
  afterAll(() => run.end());

  const invoke = async (...args: unknown[]) =>
    JSON.parse(
      (await run.electron.window.contents.invoke('unspeckle:invoke', args)) as string,
    ) as Reply<unknown>;

  test.each(windowMethods)(`S3: %s refuses ${messages} wrong messages of the page`, async (method) => {
    const send = (message: unknown) => invoke(method, JSON.stringify(message));
    await expectAll(send, wrongMessages(method), messages, isRefusal);
  });

  test('S3: what is no call, no text, no list of paths is refused on every channel, and the app goes on', async () => {
    const { contents } = run.electron.window;
    const anything = fc.sample(fc.tuple(fc.anything({ maxDepth: 2 }), fc.anything({ maxDepth: 2 })), { numRuns: messages, seed }); // prettier-ignore
    for (const [first, second] of anything) {
      const isCall = typeof first === 'string' && windowMethods.includes(first as WindowMethod);
      if (!isCall) expect((await invoke(first, second)).ok).toBe(false);
      const isPaths =
        Array.isArray(first) && first.every((path) => typeof path === 'string' && path.startsWith('/'));
      if (!isPaths) {
        for (const channel of ['unspeckle:add-paths', 'unspeckle:add-training-paths']) {
          const added = JSON.parse((await contents.invoke(channel, [first])) as string) as Reply<unknown>;
          expect([channel, first, added.ok]).toEqual([channel, first, false]);
        }
      }
      run.electron.send({ sender: contents, senderFrame: contents.mainFrame }, 'unspeckle:forget-tile', [
        first,
      ]);
    }
    expect((await invoke('hello', '{}')).ok).toBe(true);
    const fifty = JSON.stringify('x'.repeat(50 * 2 ** 20));
    expect((await invoke('removeRows', fifty)).ok).toBe(false);
    expect((await invoke('listRows', `{"a":${'['.repeat(100_000)}`)).ok).toBe(false);
  });

  test('S3: a message of any other frame or page is not heard, whatever it says', async () => {
    const { contents } = run.electron.window;
    for (const channel of ['unspeckle:invoke', 'unspeckle:add-paths', 'unspeckle:add-training-paths']) {
      for (const url of [
        'https://example.org/',
        'unspeckle://other/',
        'unspeckle://app@evil/',
        'about:blank',
        '',
      ]) {
        await expect(contents.invoke(channel, ['hello', '{}'], { url })).rejects.toThrow('not heard');
      }
    }
  });

  test('S15: no message has changed what every object inherits', () => {
    expectPrototypesUntouched();
    expect(run.electron.revealed).toEqual([]);
    expect(run.electron.trashed).toEqual([]);
  });
});
