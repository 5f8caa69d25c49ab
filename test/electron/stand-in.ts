import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { compileFunction, createContext, runInContext, type Context } from 'node:vm';
import type * as Electron from 'electron';
import type { WindowHost } from '../../contract/window-host.ts';

/**
 * Stands in for the `electron` module, so that the built main process and preload run in plain Node. Every member is
 * typed as Electron's own of that name: one that Electron does not have, or has otherwise, fails to compile.
 */

/** Members of a part of Electron, each held against Electron's own declaration. */
const part =
  <T>() =>
  <K extends keyof T>(members: Pick<T, K>): Pick<T, K> =>
    members;

type Handler = (request: Request) => Response | Promise<Response>;
type InvokeHandler = (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown;
type Decide = (allowed: boolean) => void;

/** What a page and its preload see, and what the main process sees of them. */
export class StandInContents extends EventEmitter {
  readonly #electron: StandIn;
  readonly #options: Electron.BrowserWindowConstructorOptions;
  readonly mainFrame = { url: '' };
  /** The page's own world. */
  world: Context = createContext({});
  windowOpenHandler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0] | null = null;
  reloads = 0;
  destroyed = false;
  readonly #renderer = new EventEmitter();

  constructor(electron: StandIn, options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.#electron = electron;
    this.#options = options;
  }

  readonly api = part<Electron.WebContents>()({
    setWindowOpenHandler: (handler) => {
      this.windowOpenHandler = handler;
    },
    isDestroyed: () => this.destroyed,
    reload: () => {
      this.reloads++;
      this.load(this.mainFrame.url);
    },
    send: (channel, ...args: unknown[]) => {
      this.#renderer.emit(channel, {}, ...structuredClone<unknown[]>(args));
    },
  });

  get host(): WindowHost {
    return runInContext('host', this.world) as WindowHost;
  }

  /** Runs the preload as Electron does: CommonJS in a world of its own, before the page. */
  load(address: string): void {
    this.mainFrame.url = address;
    this.#renderer.removeAllListeners();
    this.world = createContext({
      fetch: (path: string, init: RequestInit) =>
        this.#electron.ask(new Request(new URL(path, address), { ...init, duplex: 'half' })),
    });
    const modules: Record<string, unknown> = { electron: this.#rendererModule() };
    const source = readFileSync(this.#options.webPreferences?.preload ?? '', 'utf8');
    // A preload in a sandbox can require Electron's few modules and nothing of Node's.
    const preload = compileFunction(source, ['require']) as (require: (name: string) => unknown) => void;
    preload((name) => {
      if (!(name in modules)) throw new Error(`a sandboxed preload can't require ${name}`);
      return modules[name];
    });
  }

  /** A message to the main process, from this page or from a frame that somebody made up. */
  invoke(channel: string, args: unknown[], frame: { url: string } | null = this.mainFrame): Promise<unknown> {
    return this.#electron.invoke({ sender: this, senderFrame: frame }, channel, args);
  }

  #rendererModule(): object {
    return {
      contextBridge: part<Electron.ContextBridge>()({
        // As the real one: the function travels as its source text into the page's world.
        executeInMainWorld: ({ func, args }: Electron.ExecutionScript): unknown => {
          const there = runInContext(`(${String(func)})`, this.world) as (...args: unknown[]) => unknown;
          return there(...((args ?? []) as unknown[]));
        },
      }),
      ipcRenderer: part<Electron.IpcRenderer>()({
        invoke: (channel, ...args: unknown[]) => this.invoke(channel, args) as Promise<never>,
        send: (channel, ...args: unknown[]) => {
          this.#electron.send({ sender: this, senderFrame: this.mainFrame }, channel, args);
        },
        on: ((channel: string, listener: () => void) =>
          this.#renderer.on(channel, listener)) as unknown as Electron.IpcRenderer['on'],
        off: ((channel: string, listener: () => void) =>
          this.#renderer.off(channel, listener)) as unknown as Electron.IpcRenderer['off'],
      }),
      webUtils: part<Electron.WebUtils>()({
        getPathForFile: (file) => this.#electron.filePaths.get(file) ?? '',
      }),
    };
  }
}

export class StandInWindow extends EventEmitter {
  readonly contents: StandInContents;
  readonly options: Electron.BrowserWindowConstructorOptions;
  shown = 0;
  progress = -1;
  maximised = false;
  minimised = false;
  focused = false;
  readonly #electron: StandIn;

  constructor(electron: StandIn, options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.#electron = electron;
    this.options = options;
    this.contents = new StandInContents(electron, options);
    Object.assign(this.contents, this.contents.api);
    Object.assign(this, this.#api());
    electron.windows.push(this);
    electron.app.emit('web-contents-created', {}, this.contents);
  }

  /** As Electron does it: asks, and then the window is gone. */
  close(): void {
    const event = cancellable();
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.contents.destroyed = true;
    this.#electron.windows.splice(this.#electron.windows.indexOf(this), 1);
    this.emit('closed');
    if (this.#electron.windows.length === 0) this.#electron.app.emit('window-all-closed');
  }

  #api(): object {
    return part<Electron.BrowserWindow>()({
      webContents: this.contents as unknown as Electron.WebContents,
      loadURL: (address) => {
        this.contents.load(address);
        queueMicrotask(() => this.emit('ready-to-show'));
        return Promise.resolve();
      },
      show: () => void this.shown++,
      focus: () => void (this.focused = true),
      isFocused: () => this.focused,
      isMinimized: () => this.minimised,
      restore: () => void (this.minimised = false),
      maximize: () => void (this.maximised = true),
      isMaximized: () => this.maximised,
      getNormalBounds: () => {
        const { x = 0, y = 0, width = 0, height = 0 } = this.options;
        return { x, y, width, height };
      },
      setProgressBar: (fraction) => void (this.progress = fraction),
    });
  }
}

export interface StandInOptions {
  readonly packaged?: boolean;
  readonly locale?: string;
  /** False: another run of the app has the lock. */
  readonly first?: boolean;
}

interface Sender {
  readonly sender: unknown;
  readonly senderFrame: { url: string } | null;
}

export class StandIn {
  readonly windows: StandInWindow[] = [];
  readonly app = new EventEmitter();
  readonly paths = new Map<string, string>();
  readonly switches: string[] = [];
  readonly schemes: Electron.CustomScheme[] = [];
  readonly filePaths = new Map<File, string>();
  readonly notifications: { title?: string; body?: string }[] = [];
  readonly revealed: string[] = [];
  readonly trashed: string[] = [];
  readonly blockers = new Set<number>();
  readonly errors: string[] = [];
  readonly questions: string[] = [];
  /** What a dialog is answered with. */
  openAnswer: string[] | null = null;
  saveAnswer: string | null = null;
  messageAnswer = 0;
  menu: Electron.MenuItemConstructorOptions[] = [];
  theme = '';
  sandboxed = false;
  handedOver: unknown = null;
  /** The arguments of the start that is to follow this one; null where none is. */
  relaunchedWith: readonly string[] | null = null;
  /** How the process ended; null while it runs. */
  exit: number | null = null;
  readonly permissionAnswers = {
    request: null as ((permission: string, decide: Decide) => void) | null,
    check: null as (() => boolean) | null,
    device: null as (() => boolean) | null,
  };
  beforeRequest: ((url: string) => boolean) | null = null;
  readonly sessionEvents = new EventEmitter();
  proxy: string | undefined;
  spellChecker = true;
  #protocolHandler: Handler | null = null;
  readonly #invokeHandlers = new Map<string, InvokeHandler>();
  readonly #listeners = new EventEmitter();
  #ready: () => void = () => {};
  readonly #whenReady = new Promise<void>((resolve) => (this.#ready = resolve));
  readonly #options: StandInOptions;
  readonly powerMonitor = new EventEmitter();

  constructor(options: StandInOptions = {}) {
    this.#options = options;
  }

  /** Electron has started. */
  async becomeReady(): Promise<void> {
    this.#ready();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get window(): StandInWindow {
    const [window] = this.windows;
    if (window === undefined) throw new Error('there is no window');
    return window;
  }

  /** What the page's network stack does with an address of the app's scheme. */
  async ask(request: Request): Promise<Response> {
    if (this.#protocolHandler === null) throw new TypeError('Failed to fetch');
    request.signal.throwIfAborted();
    // Electron makes a request of its own of it, which does not know when the page gives up.
    const { url, method, headers, body } = request;
    const asked = new Request(url, { method, headers, body, duplex: 'half' });
    const given = new Promise<never>((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
    });
    return Promise.race([this.#protocolHandler(asked), given]);
  }

  async invoke(event: Sender, channel: string, args: unknown[]): Promise<unknown> {
    const handler = this.#invokeHandlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    const answer = await handler(event as Electron.IpcMainInvokeEvent, ...structuredClone<unknown[]>(args));
    return structuredClone(answer);
  }

  send(event: Sender, channel: string, args: unknown[]): void {
    this.#listeners.emit(channel, event, ...structuredClone<unknown[]>(args));
  }

  get channels(): readonly string[] {
    return [...this.#invokeHandlers.keys(), ...(this.#listeners.eventNames() as string[])];
  }

  quit(): void {
    const event = cancellable();
    this.app.emit('before-quit', event);
    if (event.defaultPrevented) return;
    for (const window of [...this.windows]) window.close();
    if (this.windows.length === 0) this.exit ??= 0;
  }

  /** The module that main.js imports. */
  get module(): object {
    const session = this.#session();
    return {
      app: Object.assign(this.app, this.#appMembers()),
      BrowserWindow: standInWindowClass(this),
      Notification: standInNotificationClass(this),
      Menu: part<typeof Electron.Menu>()({
        buildFromTemplate: (template) => template as unknown as Electron.Menu,
        setApplicationMenu: (menu) => {
          this.menu = menu as unknown as Electron.MenuItemConstructorOptions[];
        },
      }),
      dialog: this.#dialog(),
      ipcMain: part<Electron.IpcMain>()({
        handle: (channel, handler) => void this.#invokeHandlers.set(channel, handler as InvokeHandler),
        on: ((channel: string, listener: () => void) =>
          this.#listeners.on(channel, listener)) as unknown as Electron.IpcMain['on'],
      }),
      nativeTheme: Object.defineProperty({ shouldUseDarkColors: false }, 'themeSource', {
        set: (theme: string) => void (this.theme = theme),
      }),
      powerMonitor: this.powerMonitor,
      powerSaveBlocker: part<Electron.PowerSaveBlocker>()({
        start: () => {
          const id = this.blockers.size + 1;
          this.blockers.add(id);
          return id;
        },
        stop: (id) => this.blockers.delete(id),
      }),
      protocol: part<Electron.Protocol>()({
        registerSchemesAsPrivileged: (schemes) => void this.schemes.push(...schemes),
      }),
      screen: part<Electron.Screen>()({
        getAllDisplays: () => [
          { workArea: { x: 0, y: 25, width: 1920, height: 1055 } } as unknown as Electron.Display,
        ],
      }),
      session: part<typeof Electron.session>()({
        fromPartition: () => session as unknown as Electron.Session,
      }),
      shell: part<Electron.Shell>()({
        showItemInFolder: (path) => void this.revealed.push(path),
        trashItem: (path) => {
          this.trashed.push(path);
          return Promise.resolve();
        },
      }),
    };
  }

  #appMembers(): object {
    const { packaged = false, locale = 'en-GB', first = true } = this.#options;
    return part<Electron.App>()({
      isPackaged: packaged,
      commandLine: part<Electron.CommandLine>()({
        appendSwitch: (name) => void this.switches.push(name),
      }) as Electron.CommandLine,
      setName: () => {},
      setPath: (name, path) => void this.paths.set(name, path),
      setAppUserModelId: () => {},
      enableSandbox: () => void (this.sandboxed = true),
      requestSingleInstanceLock: (data) => {
        this.handedOver = data;
        return first;
      },
      whenReady: () => this.#whenReady,
      getLocale: () => locale,
      getPreferredSystemLanguages: () => [locale],
      focus: () => {},
      quit: () => this.quit(),
      exit: (code) => void (this.exit ??= code ?? 0),
      relaunch: (options) => void (this.relaunchedWith = options?.args ?? []),
    });
  }

  #dialog(): object {
    return part<Electron.Dialog>()({
      showOpenDialog: () =>
        Promise.resolve({ canceled: this.openAnswer === null, filePaths: this.openAnswer ?? [] }),
      showSaveDialog: () =>
        Promise.resolve({ canceled: this.saveAnswer === null, filePath: this.saveAnswer ?? '' }),
      showMessageBox: (...args: unknown[]) => {
        this.questions.push((args.at(-1) as Electron.MessageBoxOptions).message);
        return Promise.resolve({ response: this.messageAnswer, checkboxChecked: false });
      },
      showErrorBox: (title, content) => void this.errors.push(`${title}: ${content}`),
    });
  }

  #session(): object {
    return part<Electron.Session>()({
      protocol: part<Electron.Protocol>()({
        handle: (_scheme, handler) => {
          this.#protocolHandler = handler;
        },
      }) as Electron.Protocol,
      webRequest: part<Electron.WebRequest>()({
        onBeforeRequest: ((
          listener: (details: { url: string }, decide: (answer: object) => void) => void,
        ) => {
          this.beforeRequest = (url) => {
            let cancelled = true;
            listener({ url }, (answer) => (cancelled = 'cancel' in answer && answer.cancel === true));
            return cancelled;
          };
        }) as Electron.WebRequest['onBeforeRequest'],
      }) as Electron.WebRequest,
      setPermissionRequestHandler: (handler) => {
        this.permissionAnswers.request = (permission, decide) =>
          handler?.(null as never, permission as never, decide, null as never);
      },
      setPermissionCheckHandler: (handler) => {
        this.permissionAnswers.check = () =>
          handler?.(null, 'media', 'unspeckle://app', null as never) ?? true;
      },
      setDevicePermissionHandler: (handler) => {
        this.permissionAnswers.device = () => handler?.(null as never) ?? true;
      },
      on: this.sessionEvents.on.bind(this.sessionEvents) as unknown as Electron.Session['on'],
      setSpellCheckerEnabled: (enabled) => void (this.spellChecker = enabled),
      setProxy: ({ mode }) => {
        this.proxy = mode;
        return Promise.resolve();
      },
    });
  }
}

function standInWindowClass(electron: StandIn): object {
  return class extends StandInWindow {
    constructor(options: Electron.BrowserWindowConstructorOptions) {
      super(electron, options);
    }
  };
}

function standInNotificationClass(electron: StandIn): object {
  return class extends EventEmitter {
    static isSupported(): boolean {
      return true;
    }
    readonly #options: Electron.NotificationConstructorOptions;
    constructor(options: Electron.NotificationConstructorOptions) {
      super();
      this.#options = options;
    }
    show(): void {
      electron.notifications.push(this.#options);
    }
  };
}

/** An event that can be prevented. */
export function cancellable(): { defaultPrevented: boolean; preventDefault: () => void } {
  const event = {
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
}
