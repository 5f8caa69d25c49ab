import type { WindowHost } from '../../contract/window-host.ts';
import { browserHost, type LinkListener } from './browser-host.ts';

declare global {
  interface Window {
    /** Put there by the desktop app's preload. */
    readonly host?: WindowHost;
  }
}

export interface Connection {
  readonly host: WindowHost;
  /** Hears when the stream of events is lost and found again; never in the desktop app, where it can't be. */
  readonly onLink: (listener: LinkListener) => void;
}

/** The host of this window: the desktop app's, or the browser host that served the page. */
export function connect(): Connection {
  if (window.host) return { host: window.host, onLink: () => {} };
  return browserHost(location.href);
}
