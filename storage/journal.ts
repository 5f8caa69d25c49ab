import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { putAside } from './durable-json.ts';
import { itself } from './open-itself.ts';
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

  /** What has its name and is no file is put aside: through a link something else would be written. */
  static async open(path: string): Promise<Journal> {
    try {
      if (await isIrregular(path)) await putAside(path);
      const { O_APPEND, O_CREAT, O_RDWR } = constants;
      const handle = await open(path, O_APPEND | O_CREAT | O_RDWR | itself, 0o600);
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

async function isIrregular(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isFile() === false;
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

/** All lines that can be read, in order. A journal that does not exist, or is no file, is empty. */
export async function readJournal(path: string): Promise<JournalLines> {
  const text = (await isIrregular(path)) ? '' : await readAll(path);
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

async function readAll(path: string): Promise<string> {
  try {
    const handle = await open(path, constants.O_RDONLY | itself);
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
