import { BrowserWindow, screen, type BrowserWindowConstructorOptions, type Session } from 'electron';
import { pageAddress } from './address.ts';
import { keepPlace, placeOn, readPlace, smallest, type Rectangle } from './window-place.ts';

export interface MainWindowOptions {
  readonly session: Session;
  readonly preload: string;
  /** Where its size and place are kept. */
  readonly placeFile: string;
  readonly icon: string;
  readonly dark: boolean;
  /** Tools for people who work on the app itself. */
  readonly devTools: boolean;
}

/** A page that keeps crashing is not loaded for ever. */
const mostReloads = 3;
const reloadWindowMs = 5 * 60_000;

/** Opens the window. There is one. */
export function openMainWindow(options: MainWindowOptions): BrowserWindow {
  const left = readPlace(options.placeFile);
  const screens = screen.getAllDisplays().map(({ workArea }) => workArea);
  const window = new BrowserWindow(windowOptions(options, placeOn(screens, left)));
  if (left?.maximised) window.maximize();
  window.once('ready-to-show', () => window.show());
  const keep = () =>
    keepPlace(options.placeFile, { bounds: window.getNormalBounds(), maximised: window.isMaximized() });
  window.on('close', keep);
  reloadAfterCrash(window);
  void window.loadURL(pageAddress);
  return window;
}

function windowOptions(options: MainWindowOptions, place: Rectangle): BrowserWindowConstructorOptions {
  return {
    ...place,
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    title: 'Unspeckle',
    icon: options.icon,
    // The neutral surround of the page, so that nothing flashes before it is there.
    backgroundColor: options.dark ? '#1e1e1e' : '#f2f2f2',
    webPreferences: {
      session: options.session,
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: options.devTools,
    },
  };
}

/** The batch does not need the page: a new one shows how far it is. */
function reloadAfterCrash(window: BrowserWindow): void {
  const reloads: number[] = [];
  window.webContents.on('render-process-gone', (_, { reason }) => {
    const now = Date.now();
    reloads.push(now);
    const recent = reloads.filter((at) => now - at < reloadWindowMs).length;
    if (reason !== 'clean-exit' && recent <= mostReloads) window.webContents.reload();
  });
}
