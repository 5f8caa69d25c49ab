import { timingSafeEqual, randomBytes } from 'node:crypto';

/** What a request shows of itself before anything else of it is looked at. */
export interface Caller {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Whether the browser calls it a request of another site (`Sec-Fetch-Site`). */
  readonly site: string | undefined;
  readonly cookie: string | undefined;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}

/**
 * `pass`: it is a window of ours · `enter`: it brought the token and gets the cookie · `step-in`: the same, but another
 * site led here, so the browser would not send a strict cookie along with a redirect.
 */
export type Verdict =
  | { readonly is: 'pass' }
  | { readonly is: 'enter' | 'step-in'; readonly cookie: string }
  | { readonly is: 'refused'; readonly why: 'wrong-host' | 'foreign-origin' | 'no-key' };

/**
 * Lets in only windows that were opened with the address this host printed. Any page in the same browser and any
 * program on this machine can reach a port of 127.0.0.1; neither knows the token.
 */
export class Gate {
  readonly token = randomBytes(32).toString('base64url');
  readonly #session = randomBytes(32).toString('base64url');
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** The address that lets a browser in. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}/?token=${this.token}`;
  }

  judge(caller: Caller): Verdict {
    // A name that somebody else's server gave to this address (DNS rebinding) is not ours.
    const hosts = [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`];
    if (caller.host === undefined || !hosts.includes(caller.host)) {
      return { is: 'refused', why: 'wrong-host' };
    }
    const url = new URL(caller.target, `http://${caller.host}`);
    const token = caller.method === 'GET' && url.pathname === '/' ? url.searchParams.get('token') : null;
    if (token !== null && isSame(token, this.token)) {
      const elsewhere = caller.site === 'cross-site' || caller.site === 'same-site';
      return { is: elsewhere ? 'step-in' : 'enter', cookie: this.#cookie() };
    }
    if (caller.origin !== undefined && caller.origin !== `http://${caller.host}`) {
      return { is: 'refused', why: 'foreign-origin' };
    }
    // Another port of this machine is the same site to a browser, and gets the cookie sent along.
    if (caller.site === 'cross-site' || caller.site === 'same-site') {
      return { is: 'refused', why: 'foreign-origin' };
    }
    return this.#hasSession(caller.cookie ?? '') ? { is: 'pass' } : { is: 'refused', why: 'no-key' };
  }

  /** Cookies do not tell ports apart, so the name does. */
  get #cookieName(): string {
    return `unspeckle-${this.#port}`;
  }

  #cookie(): string {
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  #hasSession(cookies: string): boolean {
    const mine = cookies
      .split(';')
      .map((cookie) => cookie.trim())
      .filter((cookie) => cookie.startsWith(`${this.#cookieName}=`));
    return mine.some((cookie) => isSame(cookie.slice(this.#cookieName.length + 1), this.#session));
  }
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
