import type { BrowserWindow } from 'electron';
import { app, dialog, Menu, nativeTheme, powerMonitor, session } from 'electron';
import type { HostServices, WindowApp } from '../app/window/window-app.ts';
import { hostTextsIn, type HostTexts } from '../contract/texts/host.ts';
import type { WindowEvent, WindowSettings } from '../contract/window-api.ts';
import { DesktopServices } from './desktop-services.ts';
import type { DesktopPlaces } from './desktop-places.ts';
import { handedPaths } from './file-arguments.ts';
import { lockDownSession } from './lock-down.ts';
import { openMainWindow } from './main-window.ts';
import { menuTemplate } from './menu.ts';
import { PageProtocol } from './page-protocol.ts';
import { connectWindow } from './window-channel.ts';
import { WorkInProgress } from './work-in-progress.ts';

export interface DesktopOptions {
  readonly places: DesktopPlaces;
  readonly placeFile: string;
  readonly createApp: () => { openWindow(services: HostServices): WindowApp; close(): Promise<void> };
  /** What this start was asked to open. */
  readonly paths: readonly string[];
}

/** How long the app may take to put its work away before the process ends without it. */
const closeMs = 5000;

/** The desktop app from its start to its end: one window, the app behind it, and what the system tells it. */
export class Desktop {
  readonly #options: DesktopOptions;
  #running: { readonly app: { close(): Promise<void> }; readonly window: WindowApp } | null = null;
  #window: BrowserWindow | null = null;
  /** What was to be opened before there was an app to open it. */
  readonly #waiting: string[];
  #texts: HostTexts = hostTextsIn('en');
  readonly #work = new WorkInProgress();
  #ending: 'no' | 'asked' | 'closing' | 'ended' = 'no';

  constructor(options: DesktopOptions) {
    this.#options = options;
    this.#waiting = [...options.paths];
  }

  start(): void {
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.#open([path]);
    });
    app.on('second-instance', (_event, _args, _folder, data) => {
      this.#open(handedPaths(data));
      this.#show();
    });
    app.on('activate', () => this.#show());
    app.on('window-all-closed', () => app.quit());
    app.on('before-quit', (event) => {
      if (this.#ending === 'ended' || this.#running === null) return;
      event.preventDefault();
      void this.#end();
    });
    app.whenReady().then(
      () => this.#begin(),
      (error: unknown) => this.#fail(error),
    );
  }

  #begin(): void {
    try {
      const { places, createApp } = this.#options;
      // A session of its own, in memory: nothing that a page leaves behind is kept.
      const pageSession = session.fromPartition('window');
      lockDownSession(pageSession);
      const services = new DesktopServices({
        window: () => this.#window,
        texts: () => this.#texts,
        locale: app.getPreferredSystemLanguages()[0] ?? app.getLocale(),
      });
      const application = createApp();
      const window = application.openWindow(services);
      this.#running = { app: application, window };
      const pages = new PageProtocol(window, places.pages);
      pages.serve(pageSession);
      const contents = () => this.#window?.webContents ?? null;
      connectWindow({ app: window, contents, forgetTile: pages.forgetTile });
      window.listen((event) => this.#hear(event, services.locale));
      powerMonitor.on('shutdown', () => this.#work.forget());
      void this.#learnSettings(window, services.locale);
      this.#openWindow(pageSession);
      this.#open(this.#waiting.splice(0));
    } catch (error) {
      this.#fail(error);
    }
  }

  #openWindow(pageSession: Electron.Session): void {
    const { places, placeFile } = this.#options;
    const { preload, icon } = places;
    const dark = nativeTheme.shouldUseDarkColors;
    const devTools = !app.isPackaged;
    this.#window = openMainWindow({ session: pageSession, preload, placeFile, icon, dark, devTools });
    this.#window.on('close', (event) => {
      // Closing the window ends the app, which may have to ask first.
      if (this.#ending === 'ended') return;
      event.preventDefault();
      app.quit();
    });
    this.#window.on('closed', () => (this.#window = null));
  }

  #show(): void {
    if (this.#window === null) return;
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  #open(paths: readonly string[]): void {
    // Who closes the app and opens a picture with it a moment later wants the picture.
    const closing = this.#ending === 'closing' || this.#ending === 'ended';
    if (this.#running === null || closing) this.#waiting.push(...paths);
    // The end of the app ends looking through them; what cannot be read is told in the window.
    else if (paths.length > 0) this.#running.window.addPaths(paths).catch(() => {});
  }

  async #learnSettings(window: WindowApp, locale: string): Promise<void> {
    const reply = await window.invoke('readSettings', {});
    if (reply.ok) this.#heed(reply.value as WindowSettings, locale);
  }

  #hear(event: WindowEvent, locale: string): void {
    this.#work.hear(event);
    if (event.type === 'settings') this.#heed(event.settings, locale);
  }

  /** The person's theme and language, for what is the system's to draw. */
  #heed({ theme, language }: WindowSettings, locale: string): void {
    nativeTheme.themeSource = theme;
    this.#texts = hostTextsIn(language === 'system' ? locale : language);
    const add = (what: 'files' | 'folder') => () =>
      void this.#running?.window.invoke('chooseInputs', { what });
    const template = menuTemplate({
      texts: this.#texts,
      platform: process.platform,
      devTools: !app.isPackaged,
      addPictures: add('files'),
      addFolder: add('folder'),
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  async #end(): Promise<void> {
    if (this.#ending !== 'no') return;
    this.#ending = 'asked';
    if (!(await this.#mayEnd())) {
      this.#ending = 'no';
      return;
    }
    this.#ending = 'closing';
    this.#running?.window.close();
    await Promise.race([
      this.#running?.app.close(),
      new Promise((resolve) => setTimeout(resolve, closeMs)),
    ]).catch(() => {});
    this.#ending = 'ended';
    if (this.#waiting.length > 0) startAnew(this.#waiting);
    app.quit();
  }

  /** What is at work is not ended by a slip; it can be continued at the next start. */
  async #mayEnd(): Promise<boolean> {
    const { what } = this.#work;
    if (what === null || this.#window === null) return true;
    const { response } = await dialog.showMessageBox(this.#window, {
      type: 'question',
      message: this.#texts[`quit-question-${what}`],
      detail: this.#texts[`quit-detail-${what}`],
      buttons: [this.#texts[`quit-stay-${what}`], this.#texts['quit-end']],
      defaultId: 0,
      cancelId: 0,
    });
    return response === 1;
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    dialog.showErrorBox(this.#texts['start-failed'], reason);
    app.exit(1);
  }
}

/** Another start as soon as this one has ended, with what it is to open. */
function startAnew(paths: readonly string[]): void {
  const program = process.argv.slice(1, app.isPackaged ? 1 : 2);
  app.relaunch({ args: [...program, ...paths] });
}
