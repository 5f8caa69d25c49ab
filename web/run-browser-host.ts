import { failureOf } from '../contract/errors.ts';
import { fillIn } from '../contract/texts/fill-in.ts';
import { hostTexts } from '../contract/texts/host-en.ts';
import type { HostServices, WindowApp } from '../app/window/window-app.ts';
import { browserArguments } from './arguments.ts';
import { BrowserHost } from './browser-host.ts';
import { openBrowser, type Desktop } from './open-browser.ts';
import { browserServices } from './services.ts';

/** Everything outside that the browser host touches. The entry connects it to the process. */
export interface Surroundings extends Desktop {
  readonly args: readonly string[];
  readonly cwd: string;
  /** Folder of the built window. */
  readonly pages: string;
  say(line: string): void;
  createApp(): { openWindow(services: HostServices): WindowApp; close(): Promise<void> };
  /** Resolves when the person or the system wants it to end. */
  readonly wishToEnd: Promise<void>;
}

/** Runs until it is ended. @returns the exit code */
export async function runBrowserHost(around: Surroundings): Promise<number> {
  const wanted = browserArguments(around.args, around.cwd);
  if ('say' in wanted) {
    around.say(wanted.say);
    return wanted.code;
  }
  const app = around.createApp();
  const window = app.openWindow(browserServices());
  try {
    const host = await BrowserHost.start({ window, pages: around.pages, port: wanted.port });
    await welcome(host.address, wanted.open, around);
    // Whoever wants to end does not wait until a large folder was looked through.
    const added = wanted.paths.length > 0 ? window.addPaths(wanted.paths) : null;
    added?.catch((error: unknown) => around.say(failureOf(error).message));
    await around.wishToEnd;
    await host.close();
    return 0;
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    around.say(fillIn(hostTexts['browser-port-taken'], { port: wanted.port }));
    return 1;
  } finally {
    window.close();
    await app.close();
  }
}

async function welcome(address: string, open: boolean, around: Surroundings): Promise<void> {
  around.say(fillIn(hostTexts['browser-ready'], { address }));
  around.say(hostTexts['browser-end']);
  if (open && !(await openBrowser(address, around))) around.say(hostTexts['browser-not-opened']);
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
