import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { download, proxyFor } from '../../tools/setup/download.mjs';
import { setUpNative } from '../../tools/setup/native-setup.mjs';
import { scratchCheckout } from './setup-scratch.ts';

const servers: http.Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server on this machine that answers as the test says; gives its address. */
async function serve(answer: http.RequestListener): Promise<{ address: string; server: http.Server }> {
  const server = http.createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const payload = Buffer.from('the whole archive');
const md5 = (data: Buffer) => createHash('md5').update(data).digest('base64');

/** Downloads from a server with this answer, with short limits. */
async function fetchFrom(answer: http.RequestListener, env: NodeJS.ProcessEnv = {}) {
  const { root, context } = scratchCheckout();
  const { address } = await serve(answer);
  const file = path.join(root, 'bin', 'archive');
  const limits = { connect: 0.3, stall: 0.3, download: 1 };
  const problem = await download(context({ env, limits }), `${address}/file`, file).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { problem, left: readdirSync(path.dirname(file)), file };
}

describe('a download', () => {
  test('arrives whole, checked against the announced size and hash', async () => {
    const { problem, file } = await fetchFrom((_request, response) => {
      response.setHeader('x-goog-hash', `crc32c=AAAAAA==,md5=${md5(payload)}`);
      response.setHeader('content-length', payload.length).end(payload);
    });
    expect(problem).toBeUndefined();
    expect(readFileSync(file)).toEqual(payload);
  });

  test('follows a server that has moved', async () => {
    const { problem, file } = await fetchFrom((request, response) => {
      if (request.url === '/file') response.writeHead(302, { location: '/elsewhere' }).end();
      else response.end(payload);
    });
    expect(problem).toBeUndefined();
    expect(readFileSync(file)).toEqual(payload);
  });

  const failures: [string, http.RequestListener, RegExp][] = [
    ['is refused', (_, response) => response.writeHead(403).end(), /answered 403 Forbidden$/],
    ['never gets an answer', () => undefined, /did not answer within 0.3 s$/],
    ['goes in circles', (_, response) => response.writeHead(302, { location: '/' }).end(), /circles$/],
    [
      'breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': 1000 }).write(payload, () => response.destroy());
      },
      /could not be reached|ended after/,
    ],
    [
      'stands still',
      (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write(payload),
      /stood still for 0.3 s$/,
    ],
    [
      'drips for ever',
      (_, response) => {
        const drip = setInterval(() => response.write('x'), 50);
        response.once('close', () => clearInterval(drip));
      },
      /took longer than 1 s$/,
    ],
    [
      'arrives damaged',
      (_, response) => response.setHeader('x-goog-hash', `md5=${md5(Buffer.from('other'))}`).end(payload),
      /arrived damaged/,
    ],
  ];
  test.each(failures)('that %s leaves nothing behind and says why', async (_how, answer, why) => {
    const { problem, left } = await fetchFrom(answer);
    expect(problem).toMatch(why);
    expect(left).toEqual([]);
  });

  test('from nowhere says that nobody is there', async () => {
    const { root, context } = scratchCheckout();
    const { address, server } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    const file = path.join(root, 'archive');
    await expect(download(context(), address, file)).rejects.toThrow(/could not be reached \(.*ECONNREFUSED/);
    expect(existsSync(file)).toBe(false);
  });

  test('goes through the proxy that the environment names', async () => {
    const targets: string[] = [];
    const tunnelled: number[] = [];
    const { address, server } = await serve(() => undefined);
    server.on('connect', (request: http.IncomingMessage, client: net.Socket) => {
      targets.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const far = net.connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        tunnelled.push(far.localPort ?? 0);
        far.pipe(client).pipe(far);
      });
      client.on('error', () => far.destroy());
      far.on('error', () => client.destroy());
    });
    const { problem, file } = await fetchFrom((_, response) => response.end(payload), {
      http_proxy: address,
    });
    expect(problem).toBeUndefined();
    expect(targets).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
    expect(readFileSync(file)).toEqual(payload);
  });

  test('goes past the proxy where the environment says so', () => {
    const url = new URL('https://storage.googleapis.com/x');
    const HTTPS_PROXY = 'proxy.example:3128';
    expect(proxyFor(url, { HTTPS_PROXY })?.href).toBe('http://proxy.example:3128/');
    expect(proxyFor(url, { HTTPS_PROXY, NO_PROXY: 'localhost, .googleapis.com' })).toBeUndefined();
    expect(proxyFor(new URL('http://a.example/'), { HTTPS_PROXY })).toBeUndefined();
  });
});

describe('the official source', () => {
  test('does not trust an archive that is none', async () => {
    const scratch = scratchCheckout();
    const { address } = await serve((_, response) => response.end('<html>blocked by the company</html>'));
    scratch.program('g++', 'exit 0');
    scratch.program('tar', 'echo "tar: This does not look like a tar archive" >&2; exit 2');
    const env = {
      ...scratch.context().env,
      TFJS_NODE_CDN_STORAGE: address,
      UNSPECKLE_NATIVE_SOURCES: 'download',
    };
    const outcome = await setUpNative(scratch.context({ env, platform: 'linux', arch: 'x64' }));
    expect(outcome.did).toBe('refused');
    expect(outcome.reasons[0]?.reason).toMatch(
      /^libtensorflow-cpu-linux.* can't be unpacked: .*not look like a tar/,
    );
    expect(readdirSync(scratch.native)).toEqual(['refused-linux-x64.json']);
  });
});
