import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import { phrase } from '../../contract/texts/fill-in.ts';
import { partTooLarge } from '../../contract/texts/model-part-size.ts';
import { reading } from '../../storage/open-itself.ts';
import { readError } from '../inputs/read-error.ts';
import { mostArchiveBytes } from './model-limits.ts';
import type { Refuse } from './model-parts.ts';

const chunkBytes = 256 * 1024;

/**
 * An archive's file, of which its reader asks for places that the archive itself names. Those of 2⁵³ and beyond are told
 * to end early: Node throws at them where nobody is there to catch it, which would end the program.
 */
export class ArchiveFile extends RandomAccessReader {
  readonly bytes: number;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, bytes: number) {
    super();
    this.#handle = handle;
    this.bytes = bytes;
  }

  /** @throws AppError `model-invalid` for what is no file, or larger than any model; `permission-denied`, … */
  static async open(file: string, refuse: Refuse): Promise<ArchiveFile> {
    // Opening a pipe that has taken the file's place would wait.
    const handle = await open(file, reading).catch((error: unknown) => {
      throw readError(error, file);
    });
    const found = await handle.stat();
    if (found.isFile() && found.size <= mostArchiveBytes) return new ArchiveFile(handle, found.size);
    await handle.close();
    const name = basename(file);
    if (!found.isFile()) throw refuse(phrase('model-part-not-plain', { file: name }));
    throw refuse(partTooLarge(name, found.size, mostArchiveBytes));
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    const read: Promise<{ bytesRead: number }> =
      position < this.bytes ? this.#handle.read(buffer, offset, length, position) : nothing;
    read.then(
      ({ bytesRead }) => setImmediate(callback, null, bytesRead),
      (error: Error) => setImmediate(callback, error),
    );
  }

  override _readStreamForRange(from: number, end: number): Readable {
    return Readable.from(chunksOf(this.#handle, from, end), { objectMode: false });
  }

  /** Called when nobody reads any more. */
  override close(callback: (error: Error | null) => void): void {
    this.end().then(() => callback(null), callback);
  }

  async end(): Promise<void> {
    await this.#handle.close();
  }
}

const nothing = Promise.resolve({ bytesRead: 0 });

async function* chunksOf(handle: FileHandle, from: number, end: number): AsyncGenerator<Buffer> {
  for (let at = from; at < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
