import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { fromRandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { ZipFile as ZipWriter } from 'yazl';
import { AppError } from '../../contract/errors.ts';
import { phrase, saidBy } from '../../contract/texts/fill-in.ts';
import { ArchiveFile } from './archive-file.ts';
import type { StoredModel } from './model-library.ts';
import { limitOf, mostEntries } from './model-limits.ts';
import type { ModelPart, Refuse } from './model-parts.ts';

/** Bits of a Unix file type in the upper half of the external attributes. */
const typeMask = 0o170000;
const regularType = 0o100000;

export interface OpenArchive {
  readonly parts: readonly ModelPart[];
  close(): void;
}

/**
 * The parts of a model in a zip. Folders in it are left away: what counts is the plain name. Nothing is unpacked
 * yet, and nothing outside the archive is touched whatever its names say.
 */
export async function openArchive(file: string, refuse: Refuse): Promise<OpenArchive> {
  // Names that lead out of a folder make an archive broken too.
  const broken = (error: Error) => refuse(phrase('model-archive-broken', { reason: saidBy(error) }));
  const source = await ArchiveFile.open(file, refuse);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true };
    fromRandomAccessReader(source, source.bytes, options, (error, opened) =>
      error ? reject(broken(error)) : resolve(opened),
    );
  }).catch(async (error: unknown) => {
    await source.end();
    throw error;
  });
  try {
    if (zip.entryCount > mostEntries) {
      throw refuse(phrase('model-archive-many', { count: zip.entryCount, limit: mostEntries }));
    }
    const entries = await entriesOfParts(zip, broken);
    const parts = entries.map((entry) => partOf(zip, entry, refuse));
    return { parts, close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** Others are let go at once: each may have names and comments of 192 KB. */
function entriesOfParts(zip: ZipFile, broken: (error: Error) => AppError): Promise<Entry[]> {
  const entries: Entry[] = [];
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if (!entry.fileName.endsWith('/') && limitOf(basename(entry.fileName)) !== null) entries.push(entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', (error: Error) => reject(broken(error)));
    zip.readEntry();
  });
}

function partOf(zip: ZipFile, entry: Entry, refuse: Refuse): ModelPart {
  const name = basename(entry.fileName);
  const type = (entry.externalFileAttributes >>> 16) & typeMask;
  if ((type !== 0 && type !== regularType) || entry.isEncrypted()) {
    throw refuse(phrase('model-part-odd', { file: name }));
  }
  const open = () =>
    new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(refuse(phrase('model-archive-broken', { reason: saidBy(error) })));
        // It may fail before anybody reads: then it fails for whoever does, and is not an error that nobody hears.
        stream.on('error', (cause) => stream.destroy(cause));
        resolve(checked(stream, entry, refuse));
      });
    });
  return { name, bytes: entry.uncompressedSize, open };
}

/** Damage shows only while the bytes are read, and in their checksum, which nobody else looks at. */
async function* checked(stream: Readable, entry: Entry, refuse: Refuse): AsyncGenerator<Buffer> {
  let sum = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuse(phrase('model-archive-broken', { reason: saidBy(error) }));
  }
  if (sum !== entry.crc32) throw refuse(phrase('model-archive-damaged', { file: basename(entry.fileName) }));
}

/** The form in which a model moves to another machine: its folder as one zip. */
export async function archiveOf({ folder }: StoredModel): Promise<Buffer> {
  const zip = new ZipWriter();
  for (const name of (await readdir(folder)).sort()) {
    if (limitOf(name) === null) continue;
    const bytes = await readFile(join(folder, name));
    // Weights do not get smaller; a fixed time makes equal models equal archives.
    zip.addBuffer(bytes, name, {
      compress: name.endsWith('.json'),
      mtime: new Date(1980, 0, 1),
      mode: 0o100644,
    });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
