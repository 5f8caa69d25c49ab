import { spawn } from 'node:child_process';

export interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The program that opens an address, with its arguments as a list; null where there is no screen to show it on. */
export function browserCommand(address: string, { platform, env }: Desktop): readonly string[] | null {
  if (platform === 'darwin') return ['open', address];
  // `start` is a word of the shell; this is what it does, without one.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', address];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open', address] : null;
}

/**
 * Opens an address in the browser of the system.
 * @returns whether a program was started for it
 */
export async function openBrowser(address: string, desktop: Desktop): Promise<boolean> {
  const [program, ...args] = browserCommand(address, desktop) ?? [];
  if (program === undefined) return false;
  const child = spawn(program, args, { stdio: 'ignore', detached: true, windowsHide: true });
  child.unref();
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
}
