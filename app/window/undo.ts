import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Undone } from '../../contract/batch.ts';
import type { CleanedPicture } from '../../contract/clean.ts';
import type { CleanReport } from '../../contract/jobs.ts';
import { reading } from '../../storage/open-itself.ts';
import { syncFolder } from '../../storage/sync-folder.ts';
import { systemCode } from '../../storage/write-error.ts';
import { makePrivateFolder, type Places } from '../places.ts';
import type { HostServices } from './window-app.ts';

export type Trash = (path: string) => Promise<void>;

/** The system's trash; where the host has none, a folder of the app's own on the same terms. */
export function trashOf(services: HostServices, places: Places): Trash {
  if (services.abilities.trash) return (path) => services.trash(path);
  return async (path) => {
    await makePrivateFolder(places.trash);
    const to = join(places.trash, `${randomBytes(4).toString('hex')}-${basename(path)}`);
    try {
      await rename(path, to);
    } catch (error) {
      if (systemCode(error) !== 'EXDEV') throw error;
      // From another disk: the only copy goes once the other one is certain.
      await copyFile(path, to, constants.COPYFILE_EXCL);
      await flush(to);
      await syncFolder(places.trash);
      await unlink(path);
    }
  };
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export interface UndoneOutputs extends Undone {
  /** Paths that are in the trash now. */
  readonly paths: readonly string[];
}

/**
 * Moves what a batch wrote to the trash, file by file, each only when it still is what was written. A source is
 * never touched, whatever the report says.
 */
export async function undoOutputs(report: CleanReport, trash: Trash): Promise<UndoneOutputs> {
  const sources = await identitiesOf([...report.job.inputs, ...report.done.map(({ source }) => source)]);
  const paths: string[] = [];
  const kept: Undone['kept'][number][] = [];
  for (const picture of report.done) {
    const why = await undo(picture, sources, trash);
    if (why === null) paths.push(picture.output);
    else kept.push({ name: basename(picture.output), why });
  }
  return { moved: paths.length, kept, paths };
}

async function undo(
  picture: CleanedPicture,
  sources: ReadonlySet<string>,
  trash: Trash,
): Promise<Undone['kept'][number]['why'] | null> {
  try {
    const state = await stateOf(picture, sources);
    if (state !== 'as-written') return state;
    await trash(picture.output);
    return null;
  } catch {
    return 'failed';
  }
}

async function stateOf(
  { output, outputBytes, outputSha256 }: CleanedPicture,
  sources: ReadonlySet<string>,
): Promise<'as-written' | 'gone' | 'changed'> {
  try {
    const found = await lstat(output, { bigint: true });
    if (!found.isFile() || found.size !== BigInt(outputBytes)) return 'changed';
    if (sources.has(`${found.dev}:${found.ino}`)) return 'changed';
    return (await hashOf(output)) === outputSha256 ? 'as-written' : 'changed';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return 'gone';
    throw error;
  }
}

async function identitiesOf(paths: readonly string[]): Promise<Set<string>> {
  const identities = new Set<string>();
  for (const path of paths) {
    const found = await stat(path, { bigint: true }).catch(() => null);
    if (found?.isFile()) identities.add(`${found.dev}:${found.ino}`);
  }
  return identities;
}

async function hashOf(path: string): Promise<string> {
  const handle = await open(path, reading);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream()) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
