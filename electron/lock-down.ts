import { app, type Session, type WebContents } from 'electron';
import { isOwnAddress } from './address.ts';

/** Chromium's own business with the network; the app has none. */
const silenced = ['disable-background-networking', 'disable-component-update', 'no-pings'] as const;

/** What must be said before the app is ready: every page in a sandbox, no errands of Chromium's own. */
export function lockDownProcess(): void {
  app.enableSandbox();
  for (const name of silenced) app.commandLine.appendSwitch(name);
  app.on('web-contents-created', (_, contents) => lockDownContents(contents));
}

/** Grants no permission, loads nothing from anywhere else, keeps no download. */
export function lockDownSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, decide) => decide({ cancel: !isHarmless(details.url) }));
  session.on('will-download', (event) => event.preventDefault());
  session.setSpellCheckerEnabled(false);
  // Looking for a proxy would ask the network.
  void session.setProxy({ mode: 'direct' });
}

/** A page stays where it is, opens no other and holds no other. */
function lockDownContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

const isHarmless = (address: string): boolean => isOwnAddress(address) || /^(?:blob|devtools):/.test(address);
