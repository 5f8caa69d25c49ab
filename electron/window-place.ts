import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** In the screen's own units, as Electron gives them. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a window was left. */
export interface WindowPlace {
  readonly bounds: Rectangle;
  readonly maximised: boolean;
}

export const smallest = { width: 800, height: 560 };
const usual = { width: 1280, height: 860 };

/**
 * Where a window opens: as it was left, moved and shrunk into the screen it lay on most; in the middle of the first
 * screen where it was never opened, or its screen is gone.
 */
export function placeOn(screens: readonly Rectangle[], left: WindowPlace | null): Rectangle {
  const first = screens[0] ?? { x: 0, y: 0, ...usual };
  const best = left && mostOverlapped(screens, left.bounds);
  const screen = best ?? first;
  const wanted = best && left ? left.bounds : { ...usual, x: Number.NaN, y: Number.NaN };
  const width = Math.min(Math.max(wanted.width, smallest.width), screen.width);
  const height = Math.min(Math.max(wanted.height, smallest.height), screen.height);
  const x = Number.isNaN(wanted.x) ? screen.x + Math.round((screen.width - width) / 2) : wanted.x;
  const y = Number.isNaN(wanted.y) ? screen.y + Math.round((screen.height - height) / 2) : wanted.y;
  return {
    x: within(x, screen.x, screen.x + screen.width - width),
    y: within(y, screen.y, screen.y + screen.height - height),
    width,
    height,
  };
}

const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

function mostOverlapped(screens: readonly Rectangle[], window: Rectangle): Rectangle | null {
  const shared = (screen: Rectangle): number => {
    const width = Math.min(screen.x + screen.width, window.x + window.width) - Math.max(screen.x, window.x);
    const height =
      Math.min(screen.y + screen.height, window.y + window.height) - Math.max(screen.y, window.y);
    return Math.max(0, width) * Math.max(0, height);
  };
  const [best] = [...screens].sort((a, b) => shared(b) - shared(a));
  return best !== undefined && shared(best) > 0 ? best : null;
}

/** What was kept of the last window; null where there is nothing, or nothing that makes sense. */
export function readPlace(file: string): WindowPlace | null {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<WindowPlace>;
    const { x, y, width, height } = kept.bounds ?? ({} as Partial<Rectangle>);
    if (!isNumber(x) || !isNumber(y) || !isNumber(width) || !isNumber(height)) return null;
    return { bounds: { x, y, width, height }, maximised: kept.maximised === true };
  } catch {
    return null;
  }
}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1e6;

/** Where a window was is not worth an error: what can't be kept is forgotten. */
export function keepPlace(file: string, place: WindowPlace): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.part`, JSON.stringify(place), { mode: 0o600 });
    renameSync(`${file}.part`, file);
  } catch {
    // The next window opens in the middle.
  }
}
