import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sealedFolder } from '../../contract/checkpoint.ts';
import { AppError } from '../../contract/errors.ts';
import { writeDurable } from '../../storage/durable-json.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import { syncFolder } from '../../storage/sync-folder.ts';
import { writeError } from '../../storage/write-error.ts';

/** Content of a folder's files by name. */
export type FileContents = Readonly<Record<string, Uint8Array>>;

const MANIFEST = 'manifest.json';

/**
 * Writes files into a fresh folder, sealed by a manifest with their SHA-256 sums, and reads them back. The folder has
 * its name only once it is whole and flushed.
 * @throws AppError `disk-full`, `permission-denied`, `output-folder-unusable`, `output-unwritable`,
 * `output-not-verified`; nothing is left of the folder then
 */
export async function writeSealedFolder(folder: string, contents: FileContents): Promise<void> {
  const part = join(dirname(folder), `.${basename(folder)}.part`);
  try {
    await rm(part, { recursive: true, force: true });
    await makeFolder(part, 0o700);
    const files = Object.entries(contents).map(([name, bytes]) => ({
      name,
      bytes: bytes.length,
      sha256: sha256(bytes),
    }));
    for (const [name, bytes] of Object.entries(contents)) await writeDurable(join(part, name), bytes);
    await writeDurable(join(part, MANIFEST), `${JSON.stringify({ version: 1, files }, null, 2)}\n`);
    await readSealedFolder(part).catch((cause: unknown) => {
      throw new AppError('output-not-verified', { file: folder }, { cause });
    });
    await rename(part, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(error, folder);
  }
}

/** The files of a sealed folder, by name. @throws Error saying what is torn or altered */
export async function readSealedFolder(folder: string): Promise<Record<string, Buffer>> {
  const manifest = sealedFolder.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')));
  const contents: Record<string, Buffer> = {};
  for (const { name, bytes, sha256: sum } of manifest.files) {
    if (basename(name) !== name) throw new Error(`“${name}” is not the name of a file`);
    const content = await readFile(join(folder, name));
    if (content.length !== bytes) throw new Error(`“${name}” has ${content.length} bytes, not ${bytes}`);
    if (sha256(content) !== sum) throw new Error(`“${name}” was altered`);
    contents[name] = content;
  }
  return contents;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
