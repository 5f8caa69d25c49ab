import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { StandIn, type StandInOptions } from './stand-in.ts';

const main = fileURLToPath(new URL('../../out/electron/main.js', import.meta.url));

export interface DesktopRun {
  readonly electron: StandIn;
  readonly home: string;
  /** Quits it, whatever it is doing. */
  readonly end: () => Promise<void>;
}

export interface RunOptions extends StandInOptions {
  readonly args?: readonly string[];
  /** What happens before Electron is ready. */
  readonly early?: (electron: StandIn) => void;
}

/** Runs the built main process against the stand-in until its window is there. */
export async function runDesktop(options: RunOptions = {}): Promise<DesktopRun> {
  if (!existsSync(main)) throw new Error('out/electron/ is not built: npm run setup');
  const home = mkdtempSync(join(tmpdir(), 'unspeckle-desktop-'));
  const electron = new StandIn(options);
  vi.stubEnv('UNSPECKLE_HOME', home);
  vi.stubEnv('npm_node_execpath', process.execPath);
  const { argv } = process;
  process.argv = ['electron', 'app', ...(options.args ?? [])];
  vi.resetModules();
  vi.doMock('electron', () => electron.module);
  try {
    await import(main);
  } finally {
    process.argv = argv;
  }
  options.early?.(electron);
  await electron.becomeReady();
  const end = async (): Promise<void> => {
    electron.messageAnswer = 1;
    electron.quit();
    await vi.waitUntil(() => electron.exit !== null, { timeout: 10_000 });
    vi.doUnmock('electron');
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  };
  return { electron, home, end };
}
