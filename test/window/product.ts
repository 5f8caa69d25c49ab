import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { _electron, chromium, type Browser, type Page } from 'playwright';
import type { TestContext } from 'vitest';
import { findChromium } from '../../tools/setup/chromium.mjs';

const root = join(import.meta.dirname, '../..');

/** The whole product with its window open: Electron where `APP_HOST=electron`, else Chromium over the browser host. */
export interface Product {
  readonly page: Page;
  /** The app's own folder. */
  readonly home: string;
  /** Every address the window asked for. */
  readonly requests: readonly string[];
  /** What the page logged as an error. */
  readonly errors: readonly string[];
  /** Process ids of the engines that work for it. */
  engines(): Promise<number[]>;
  /** Ends the app as a crash does, then opens it anew on the same home. */
  crashAndReopen(): Promise<Product>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly home?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colourScheme?: 'light' | 'dark';
}

/** What is missing for tests of the window, in words; null when nothing is. */
export async function whatIsMissing(): Promise<string | null> {
  if (wantsElectron()) return existsSync(electronPath() ?? '') ? null : 'Electron’s binary is not installed';
  return (await findChromium()) ? null : 'no Chromium was found (npm run setup says how to get one)';
}

/** Opens the product, or skips the test, saying why. */
export async function openProduct(context: TestContext, options: OpenOptions = {}): Promise<Product> {
  const missing = await whatIsMissing();
  if (missing) context.skip(missing);
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'unspeckle-window-')));
  const product = wantsElectron() ? await openElectron(home, options) : await openBrowserHost(home, options);
  context.onTestFinished(async () => {
    await product.close();
    if (!options.home) await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }, 60_000);
  return product;
}

const wantsElectron = (): boolean => process.env['APP_HOST'] === 'electron';

function electronPath(): string | null {
  try {
    return createRequire(import.meta.url)('electron') as string;
  } catch {
    return null;
  }
}

async function openElectron(home: string, options: OpenOptions): Promise<Product> {
  const env = { ...process.env, UNSPECKLE_HOME: home } as Record<string, string>;
  const app = await _electron.launch({
    args: [root],
    env,
    colorScheme: options.colourScheme ?? 'light',
  });
  const page = await app.firstWindow();
  if (options.viewport) await page.setViewportSize(options.viewport);
  return watch(page, home, app.process(), options, () => app.close());
}

async function openBrowserHost(home: string, options: OpenOptions): Promise<Product> {
  const host = spawn(process.execPath, [join(root, 'out/web.js'), '--no-open'], {
    env: { ...process.env, UNSPECKLE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await addressOf(host);
  const browser = await launchChromium();
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.colourScheme ?? 'light',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const product = watch(page, home, host, options, async () => {
    await browser.close();
    await ended(host, 'SIGTERM');
  });
  await page.goto(address);
  return product;
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('no Chromium was found');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

function watch(
  page: Page,
  home: string,
  host: ChildProcess,
  options: OpenOptions,
  close: () => Promise<void>,
): Product {
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  let closed: Promise<void> | null = null;
  const closeOnce = () => (closed ??= close());
  return {
    page,
    home,
    requests,
    errors,
    engines: () => enginesOf(host.pid!),
    crashAndReopen: async () => {
      const engines = await enginesOf(host.pid!);
      await ended(host, 'SIGKILL');
      await closeOnce().catch(() => {});
      for (const pid of engines) kill(pid);
      return wantsElectron() ? openElectron(home, options) : openBrowserHost(home, options);
    },
    close: closeOnce,
  };
}

/** The first address that the host prints. */
async function addressOf(host: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of host.stdout!) {
    said += String(chunk);
    const address = /http:\/\/127\.0\.0\.1\S+/.exec(said)?.[0];
    if (address) {
      host.stdout!.resume();
      return address;
    }
  }
  throw new Error(`the browser host ended: ${said}`);
}

function ended(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    process.once('exit', () => resolve());
    process.kill(signal);
  });
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Engines are told by their command line, and belong to the process that started them. */
async function enginesOf(parent: number): Promise<number[]> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,command=']);
    return stdout
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
      .filter((found) => found?.[2] === String(parent) && found[3]!.includes('engine.js'))
      .map((found) => Number(found![1]));
  }
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('engine.js') && new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status)) {
      found.push(Number(name));
    }
  }
  return found;
}
