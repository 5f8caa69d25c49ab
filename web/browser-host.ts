import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failureResponse, limitedText, parsedJson } from '../app/hosting/bodies.ts';
import { secured } from '../app/hosting/security-headers.ts';
import { serveWindow } from '../app/hosting/serve-window.ts';
import type { WindowApp } from '../app/window/window-app.ts';
import { answerAtGate, nothingHere } from './answers.ts';
import { EventStreams } from './event-streams.ts';
import { Gate } from './gate.ts';

export interface BrowserHostOptions {
  readonly window: WindowApp;
  /** Folder of the built window. */
  readonly pages: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** The app for a browser on this machine: HTTP on 127.0.0.1, and nowhere else. */
export class BrowserHost {
  readonly #options: BrowserHostOptions;
  readonly #server: Server;
  readonly #gate: Gate;
  readonly #events: EventStreams;

  /** @throws the system's error when the port can't be had */
  static async start(options: BrowserHostOptions): Promise<BrowserHost> {
    const server = createServer();
    // An upload takes as long as it takes; a request that never says what it wants does not.
    server.requestTimeout = 0;
    server.headersTimeout = 10_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, '127.0.0.1', resolve);
    });
    return new BrowserHost(options, server);
  }

  private constructor(options: BrowserHostOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#gate = new Gate((server.address() as AddressInfo).port);
    this.#events = new EventStreams(options.window);
    server.on('request', (request, response) => {
      // Whatever a stranger sends, the others are served on.
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** The address that lets a browser in. */
  get address(): string {
    return this.#gate.address;
  }

  /** Lets every page go and frees the port. */
  async close(): Promise<void> {
    this.#events.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const verdict = this.#gate.judge({
      host: incoming.headers.host,
      origin: incoming.headers.origin,
      site: headerText(incoming.headers['sec-fetch-site']),
      cookie: incoming.headers.cookie,
      method: incoming.method ?? '',
      target: targetOf(incoming),
    });
    if (verdict.is !== 'pass') return send(answerAtGate(verdict), incoming, outgoing);
    if (incoming.method !== 'GET' && incoming.method !== 'POST') {
      return send(new Response(null, { status: 405, headers: { allow: 'GET, POST' } }), incoming, outgoing);
    }
    const left = new AbortController();
    outgoing.once('close', () => left.abort());
    const response = await this.#route(requestOf(incoming, left.signal)).catch((error: unknown) =>
      failureResponse(error),
    );
    await send(secured(response), incoming, outgoing);
  }

  async #route(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { window, pages } = this.#options;
    if (request.method === 'GET' && pathname === '/events') return this.#events.open();
    const method = /^\/invoke\/(\w+)$/.exec(pathname)?.[1];
    if (request.method === 'POST' && method !== undefined) {
      return Response.json(await window.invoke(method, parsedJson(await limitedText(request))));
    }
    return (await serveWindow(window, pages, request)) ?? nothingHere();
  }
}

/** Path and query; an absolute or malformed target, as proxies use it, becomes an address nothing has. */
function targetOf({ url = '' }: IncomingMessage): string {
  // To the parser of addresses a backslash is a slash, and two of them begin a host.
  return /^\/(?![/\\])/.test(url) && URL.canParse(url, 'http://127.0.0.1') ? url : '/-';
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET' } = incoming;
  const headers = new Headers();
  for (const name of ['content-type', 'content-length'] as const) {
    const value = incoming.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  const body = method === 'POST' ? Readable.toWeb(incoming) : null;
  return new Request(new URL(targetOf(incoming), 'http://127.0.0.1'), {
    method,
    headers,
    body,
    duplex: 'half',
    signal,
  });
}

const headerText = (value: string | string[] | undefined): string | undefined => [value ?? []].flat()[0];

/** Writes an answer; a page that leaves meanwhile is no error. */
async function send(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  // What was not read of a refused request is not waited for: the connection ends with the answer.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => {});
}
