import { open, stat, type FileHandle } from 'node:fs/promises';
import { Readable, type PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export interface ZippedFile {
  readonly path: string;
  /** In the archive, with forward slashes. */
  readonly name: string;
}

/** Names of what could not be put into an archive as it was meant to be. */
export interface Shortcomings {
  /** Not there any more, or not to be read. */
  readonly missing: readonly string[];
  /** In the archive as far as they could be read. */
  readonly cut: readonly string[];
}

/** A text file at the end of an archive. */
export interface ArchiveNote {
  readonly name: string;
  readonly text: string;
}

const chunkBytes = 256 * 1024;
/** From here on a size needs more than the 32 bits of the old format. */
const zip64Bytes = 0xffffffff;

/**
 * Files as one zip, made while it is read: nothing of it is held, and of the files one is open at a time. They are
 * stored as they are, because pictures do not get smaller. A file that has gone since stops none of the others.
 * @param noteOn what is written at the end where something is missing
 */
export function zipStream(
  files: readonly ZippedFile[],
  noteOn: (shortcomings: Shortcomings) => ArchiveNote,
): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough;
  const left = new AbortController();
  const end = (error: Error) => void output.destroy(error);
  output.once('close', () => left.abort());
  zip.on('error', end);
  fill(zip, files, noteOn, left.signal).catch(end);
  return output;
}

async function fill(
  zip: ZipFile,
  files: readonly ZippedFile[],
  noteOn: (shortcomings: Shortcomings) => ArchiveNote,
  left: AbortSignal,
): Promise<void> {
  const missing: string[] = [];
  const cut: string[] = [];
  for (const { path, name } of files) {
    left.throwIfAborted();
    const file = await openFile(path);
    if (!file) missing.push(name);
    else if (!(await addFile(zip, name, file, left))) cut.push(name);
  }
  if (missing.length + cut.length > 0) {
    const note = noteOn({ missing, cut });
    zip.addBuffer(Buffer.from(note.text), note.name, { mode: fileMode });
  }
  zip.end();
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly modified: Date;
}

/** Null for what is not there, is no file or may not be read. */
async function openFile(path: string): Promise<OpenFile | null> {
  // Opening a pipe would wait until somebody writes to it.
  if (!(await stat(path).catch(() => null))?.isFile()) return null;
  const handle = await open(path).catch(() => null);
  const found = await handle?.stat().catch(() => null);
  if (handle && found) return { handle, bytes: found.size, modified: found.mtime };
  await handle?.close();
  return null;
}

/** A regular file that its owner may write and all may read. */
const fileMode = 0o100644;

/** Answers when the file was read; false when it could not be read to its end. */
async function addFile(
  zip: ZipFile,
  name: string,
  { handle, bytes, modified }: OpenFile,
  left: AbortSignal,
): Promise<boolean> {
  let whole = false;
  const content = Readable.from(
    chunksOf(handle, bytes, () => (whole = true)),
    { objectMode: false },
  );
  try {
    zip.addReadStream(content, name, {
      compress: false,
      mtime: modified,
      mode: fileMode,
      // Its size is left open in the archive, so that a file that turns out shorter does not break it.
      forceZip64Format: bytes >= zip64Bytes,
    });
    await finished(content, { signal: left });
  } finally {
    content.destroy();
    await handle.close();
  }
  return whole;
}

/** Ends early where the file cannot be read on; `onWhole` is called when it was read to its end. */
async function* chunksOf(handle: FileHandle, bytes: number, onWhole: () => void): AsyncGenerator<Buffer> {
  let at = 0;
  while (at < bytes) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, bytes - at));
    const read = await handle.read(chunk, 0, chunk.length, at).catch(() => null);
    if (!read || read.bytesRead === 0) return;
    at += read.bytesRead;
    yield chunk.subarray(0, read.bytesRead);
  }
  onWhole();
}
