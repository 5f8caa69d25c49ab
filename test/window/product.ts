import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { openHost, type Opened, type Opening } from './hosts.ts';
import { keepMeasurement, lendMeasurement } from './measured.ts';
import { ended, enginesOf, kill } from './processes.ts';

export type ProductOptions = Partial<Omit<Opening, 'env'>>;

/** The whole product with its window open: Electron where `APP_HOST=electron`, else Chromium over the browser host. */
export class Product {
  /** Everything of it, and of the person who uses it, lies in here. */
  readonly #folder: string;
  readonly #options: ProductOptions;
  #opened: Opened | null = null;
  /** Every address the window asked for. */
  readonly requests: string[] = [];
  /** What the page logged as an error. */
  readonly errors: string[] = [];

  private constructor(folder: string, options: ProductOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async open(options: ProductOptions = {}): Promise<Product> {
    const product = new Product(await mkdtemp(join(tmpdir(), 'unspeckle-window-')), options);
    await mkdir(product.person);
    await lendMeasurement(product.home);
    await product.reopen();
    return product;
  }

  get page(): Page {
    return this.#running.page;
  }

  /** The app's own folder. */
  get home(): string {
    return join(this.#folder, 'app');
  }

  /** The person's own folder: where browsing begins. */
  get person(): string {
    return join(this.#folder, 'person');
  }

  /** What the app, and a command line of the same person, find around them. */
  get env(): NodeJS.ProcessEnv {
    const { person } = this;
    const own = { HOME: person, USERPROFILE: person, XDG_DATA_HOME: this.data };
    return { ...process.env, ...own, UNSPECKLE_HOME: this.home, LANG: 'C', LC_ALL: 'C' };
  }

  /** Where the system keeps what belongs to the person, such as the trash. */
  get data(): string {
    return join(this.person, '.local', 'share');
  }

  /** Process id of the app. */
  get pid(): number {
    const { pid } = this.#running.process;
    if (pid === undefined) throw new Error('the app has not started');
    return pid;
  }

  /** Process ids of the engines that work for it. */
  engines(): Promise<number[]> {
    return enginesOf(this.pid);
  }

  /** Ends the app and its engines as a loss of power does; the window is gone with it. @param left what a page that is left shows */
  async crash(left: (page: Page) => Promise<void> = () => Promise.resolve()): Promise<void> {
    const running = this.#running;
    const before = this.errors.length;
    const engines = await this.engines();
    await ended(running.process, 'SIGKILL');
    for (const pid of engines) kill(pid);
    this.#opened = null;
    await left(running.page);
    await running.close().catch(() => {});
    // A page whose app is gone says so in its own log.
    this.errors.length = before;
  }

  /** Ends the app as a person does. */
  async quit(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.close();
  }

  /** Opens it anew, with what was kept. */
  async reopen(files: readonly string[] = this.#options.files ?? []): Promise<void> {
    const opening: Opening = {
      viewport: { width: 1280, height: 800 },
      colourScheme: 'light',
      reducedMotion: 'reduce',
      deviceScaleFactor: 1,
      ...this.#options,
      files,
      env: this.env,
    };
    this.#opened = await openHost(opening, (page) => this.#watch(page));
  }

  /** @throws when the page has logged an error */
  mustBeQuiet(): void {
    const { errors } = this;
    if (errors.length > 0) throw new Error(`the page logged ${errors.slice(0, 20).join('\n')}`);
  }

  async close(): Promise<void> {
    await this.quit();
    await keepMeasurement(this.home);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  get #running(): Opened {
    if (!this.#opened) throw new Error('the product is not open');
    return this.#opened;
  }

  #watch(page: Page): void {
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }
}
