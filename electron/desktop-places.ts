import { dirname, join } from 'node:path';
import type { Environment } from '../app/places.ts';

export interface DesktopPlaces {
  /** The program's folder, with `out/engine.js` and `model/pretrained/` in it. */
  readonly root: string;
  /** The Node that runs the engine. Never Electron: its Node can't load the native libraries. */
  readonly engineNode: string;
  /** What the engine is started with. */
  readonly env: Environment;
  readonly pages: string;
  readonly preload: string;
  readonly icon: string;
}

export interface DesktopSurroundings {
  /** The folder of the built main process. */
  readonly here: string;
  readonly isPackaged: boolean;
  readonly resources: string;
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
}

/** Where everything lies, in an installed app and in a checkout. */
export function desktopPlaces(around: DesktopSurroundings): DesktopPlaces {
  const { here, isPackaged, resources, platform, env } = around;
  const out = dirname(here);
  const pages = join(out, 'renderer');
  const window = {
    pages,
    preload: join(here, 'preload.cjs'),
    icon: join(dirname(out), 'electron', 'icon.png'),
  };
  if (isPackaged) {
    const node = platform === 'win32' ? 'node.exe' : 'node';
    const engineNode = join(resources, 'node', node);
    return { ...window, env: withoutOptions(env), root: join(resources, 'engine'), engineNode };
  }
  return { ...window, env, root: dirname(out), engineNode: env['npm_node_execpath'] ?? 'node' };
}

/** The fuses keep Node's options from Electron's own Node; in an installed app the engine's Node heeds none either. */
function withoutOptions(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^NODE_/i.test(name)));
}
