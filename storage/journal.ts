import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';
import { systemCode, writeError } from './write-error.ts';

/**
 * An append-only file of JSON lines. A line that `append` has answered survives a power cut. A line that was
 * being written when the process died is torn, and is passed over by readers.
 */
export class Journal {
  readonly #path: string;
  readonly #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<Journal> {
    try {
      const handle = await open(path, 'a+', 0o600);
      try {
        await closeTornLine(handle);
        await syncFolder(dirname(path));
      } catch (error) {
        await handle.close();
        throw error;
      }
      return new Journal(path, handle);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /** Lines are written in the order of the calls. After one failed, the next still begins on a line of its own. */
  append(record: unknown): Promise<void> {
    const next = this.#last.then(() => this.#write(record));
    this.#last = next.catch(() => {});
    return next;
  }

  async #write(record: unknown): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify(record)}\n`);
      await this.#handle.datasync();
    } catch (error) {
      await closeTornLine(this.#handle).catch(() => {});
      throw writeError(error, this.#path);
    }
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }
}

async function closeTornLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] !== 0x0a) await handle.appendFile('\n');
}

export interface JournalLines {
  readonly records: readonly unknown[];
  /** Lines that are no JSON: torn by a crash, or damaged. */
  readonly unreadable: number;
}

/** All lines that can be read, in order. A journal that does not exist is empty. */
export async function readJournal(path: string): Promise<JournalLines> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { records: [], unreadable: 0 };
    throw error;
  }
  const records: unknown[] = [];
  let unreadable = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      records.push(JSON.parse(line));
    } catch {
      unreadable++;
    }
  }
  return { records, unreadable };
}
