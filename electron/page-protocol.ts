import { protocol, type Session } from 'electron';
import { secured } from '../app/hosting/security-headers.ts';
import { serveWindow } from '../app/hosting/serve-window.ts';
import type { WindowApp } from '../app/window/window-app.ts';
import { isOwnAddress, scheme } from './address.ts';
import { tileHeader } from './channels.ts';

/** Must be called before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Answers everything the page asks for, and lets a tile be given up: Electron does not tell when a page does. */
export class PageProtocol {
  readonly #app: WindowApp;
  readonly #pages: string;
  readonly #tiles = new Map<number, AbortController>();

  constructor(app: WindowApp, pages: string) {
    this.#app = app;
    this.#pages = pages;
  }

  serve(session: Session): void {
    session.protocol.handle(scheme, (request) => this.#answer(request));
  }

  readonly forgetTile = (tile: number): void => this.#tiles.get(tile)?.abort();

  async #answer(request: Request): Promise<Response> {
    if (!isOwnAddress(request.url)) return secured(new Response(null, { status: 404 }));
    const tile = Number(request.headers.get(tileHeader) ?? Number.NaN);
    const giveUp = new AbortController();
    if (Number.isInteger(tile)) this.#tiles.set(tile, giveUp);
    try {
      const asked = new Request(request, { signal: giveUp.signal });
      const response = await serveWindow(this.#app, this.#pages, asked);
      return secured(response ?? new Response(null, { status: 404 }));
    } finally {
      this.#tiles.delete(tile);
    }
  }
}
