import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { appending } from './open-itself.ts';

/**
 * A log file that never grows beyond its limit: when it is full it becomes `<path>.1`, replacing the one before.
 * Logging never fails its caller; where the file cannot be written, lines are dropped. Written at once, so that
 * the last line before a crash is there.
 */
export class BoundedLog {
  readonly #path: string;
  readonly #limit: number;
  #file: { readonly descriptor: number; bytes: number } | null = null;

  constructor(path: string, limitBytes: number = 2 ** 20) {
    this.#path = path;
    this.#limit = limitBytes;
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line.replaceAll('\n', ' ').slice(0, 8000)}\n`);
    try {
      this.#file ??= openLog(this.#path);
      if (this.#file.bytes > 0 && this.#file.bytes + bytes.length > this.#limit) {
        this.close();
        renameSync(this.#path, `${this.#path}.1`);
        this.#file = openLog(this.#path);
      }
      writeSync(this.#file.descriptor, bytes);
      this.#file.bytes += bytes.length;
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#file === null) return;
    try {
      closeSync(this.#file.descriptor);
    } catch {
      // Closing is best effort like writing.
    }
    this.#file = null;
  }
}

function openLog(path: string): { descriptor: number; bytes: number } {
  const descriptor = openSync(path, appending, 0o600);
  return { descriptor, bytes: fstatSync(descriptor).size };
}
