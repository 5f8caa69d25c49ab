import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { _electron, chromium, type Browser, type Page } from 'playwright';
import { findChromium } from '../../tools/setup/chromium.mjs';
import { ended } from './processes.ts';

export const root = join(import.meta.dirname, '../..');

/** How a window is opened. */
export interface Opening {
  readonly env: NodeJS.ProcessEnv;
  /** Paths on the command line. */
  readonly files: readonly string[];
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colourScheme: 'light' | 'dark';
  readonly reducedMotion: 'reduce' | 'no-preference';
  readonly deviceScaleFactor: number;
}

/** A process with its window. */
export interface Opened {
  readonly page: Page;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

export const wantsElectron = (): boolean => process.env['APP_HOST'] === 'electron';

/** What is missing for tests of the window, in words; null when nothing is. */
export function whatIsMissing(): string | null {
  if (wantsElectron()) return existsSync(electronPath() ?? '') ? null : 'Electron’s binary is not installed';
  return findChromium() ? null : 'no Chromium was found (npm run setup says how to get one)';
}

export function openHost(opening: Opening, onPage: (page: Page) => void): Promise<Opened> {
  return wantsElectron() ? openElectron(opening, onPage) : openBrowserHost(opening, onPage);
}

function electronPath(): string | null {
  try {
    return createRequire(import.meta.url)('electron') as string;
  } catch {
    return null;
  }
}

async function openElectron(opening: Opening, onPage: (page: Page) => void): Promise<Opened> {
  const app = await _electron.launch({
    args: [root, ...opening.files],
    env: opening.env as Record<string, string>,
    colorScheme: opening.colourScheme,
  });
  const page = await app.firstWindow();
  onPage(page);
  await page.setViewportSize(opening.viewport);
  await page.emulateMedia({ reducedMotion: opening.reducedMotion });
  return { page, process: app.process(), close: () => app.close() };
}

async function openBrowserHost(opening: Opening, onPage: (page: Page) => void): Promise<Opened> {
  const { env, files, viewport, colourScheme, reducedMotion, deviceScaleFactor } = opening;
  const host = spawn(process.execPath, [join(root, 'out/web.js'), '--no-open', ...files], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address, browser] = await Promise.all([addressOf(host), launchChromium()]);
  const context = await browser.newContext({
    viewport,
    colorScheme: colourScheme,
    reducedMotion,
    deviceScaleFactor,
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  onPage(page);
  await page.goto(address);
  const close = async (): Promise<void> => {
    await browser.close();
    await ended(host, 'SIGTERM');
  };
  return { page, process: host, close };
}

function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium was found');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

/** The first address that the host prints. */
async function addressOf(host: ChildProcess): Promise<string> {
  const { stdout } = host;
  if (!stdout) throw new Error('the browser host has no output');
  let said = '';
  return new Promise((resolve, reject) => {
    stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = /http:\/\/127\.0\.0\.1\S+/.exec(said)?.[0];
      if (address) resolve(address);
    });
    host.once('exit', () => reject(new Error(`the browser host ended: ${said}`)));
  });
}
