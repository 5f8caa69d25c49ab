import type { MenuItemConstructorOptions } from 'electron';
import type { HostTexts } from '../contract/texts/host.ts';

export interface MenuOptions {
  readonly texts: HostTexts;
  readonly platform: NodeJS.Platform;
  /** With the tools for people who work on the app itself. */
  readonly devTools: boolean;
  readonly addPictures: () => void;
  readonly addFolder: () => void;
}

/** The application menu. Words that the system has of its own stay the system's. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const { texts, platform, devTools } = options;
  const isMac = platform === 'darwin';
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    { label: texts['menu-file'], submenu: fileMenu(options, isMac) },
    { role: 'editMenu', label: texts['menu-edit'] },
    { label: texts['menu-view'], submenu: viewMenu(texts, devTools) },
    { role: 'windowMenu', label: texts['menu-window'] },
    ...(isMac ? [] : [{ label: texts['menu-help'], submenu: [aboutItem(texts)] }]),
  ];
}

function fileMenu(options: MenuOptions, isMac: boolean): MenuItemConstructorOptions[] {
  const { texts } = options;
  return [
    { label: texts['menu-add-pictures'], accelerator: 'CmdOrCtrl+O', click: () => options.addPictures() },
    { label: texts['menu-add-folder'], accelerator: 'CmdOrCtrl+Shift+O', click: () => options.addFolder() },
    { type: 'separator' },
    isMac ? { role: 'close' } : { role: 'quit', label: texts['menu-quit'] },
  ];
}

/** Zooming the page is for people who need larger text; zooming a picture is the viewer's. */
function viewMenu(texts: HostTexts, devTools: boolean): MenuItemConstructorOptions[] {
  const items: MenuItemConstructorOptions[] = [
    { role: 'zoomIn', label: texts['menu-larger'] },
    { role: 'zoomOut', label: texts['menu-smaller'] },
    { role: 'resetZoom', label: texts['menu-usual-size'] },
    { type: 'separator' },
    { role: 'togglefullscreen', label: texts['menu-full-screen'] },
  ];
  return devTools ? [...items, { type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }] : items;
}

const aboutItem = (texts: HostTexts): MenuItemConstructorOptions => ({
  role: 'about',
  label: texts['menu-about'],
});
