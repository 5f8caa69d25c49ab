import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BoundedLog } from '../storage/bounded-log.ts';
import type { Places } from './places.ts';

/** `logs/app.log`: what engines print and how they end, each line with its time. The folder is made when needed. */
export class AppLog {
  readonly file: string;
  readonly #folder: string;
  readonly #log: BoundedLog;
  readonly #also: ((line: string) => void) | undefined;
  #folderMade = false;

  constructor(places: Places, also?: (line: string) => void) {
    this.#folder = places.logs;
    this.file = join(places.logs, 'app.log');
    this.#log = new BoundedLog(this.file);
    this.#also = also;
  }

  readonly write = (line: string): void => {
    if (!this.#folderMade) {
      this.#folderMade = makePrivate(dirname(this.#folder)) && makePrivate(this.#folder);
    }
    this.#log.write(`${new Date().toISOString()} ${line}`);
    this.#also?.(line);
  };

  close(): void {
    this.#log.close();
  }
}

/** False when it can't be made yet: nothing is logged then, and nobody's work hangs on that. */
function makePrivate(folder: string): boolean {
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
