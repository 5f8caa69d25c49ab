import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SkippedInput } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { readFileHead, type FileHead } from './file-head.ts';
import { inBatches } from './in-batches.ts';
import { readError } from './read-error.ts';
import { isInside, Walk, type FoundFile, type WalkOptions } from './walk.ts';

/** A regular file, and what is the same under all names of it, and different for every other. */
interface IdentifiedFile extends FoundFile {
  readonly identity: string;
}

/** A picture to be, each once, with what its first bytes tell. */
export interface ScannedFile extends IdentifiedFile {
  readonly head: FileHead;
}

export interface ScanResult {
  readonly files: readonly ScannedFile[];
  /** Folders that were named, without those inside others. */
  readonly roots: readonly string[];
  /** What is not taken, and why. */
  readonly skipped: readonly SkippedInput[];
}

/** Heads read at the same time. */
const together = 16;

/**
 * All pictures at or below some paths, in the order of the paths and naturally within folders, each file once
 * however many names lead to it.
 */
export async function scan(inputs: readonly string[], options: WalkOptions): Promise<ScanResult> {
  const avoid = await Promise.all(options.avoid.map((path) => realpath(path).catch(() => path)));
  const walk = new Walk({ ...options, avoid });
  for (const input of await withoutNested(inputs, walk)) {
    options.signal?.throwIfAborted();
    await walk.add(input);
  }
  const files = await withoutDuplicates(walk);
  const scanned: ScannedFile[] = [];
  for (let at = 0; at < files.length; at += together) {
    options.signal?.throwIfAborted();
    const heads = await Promise.all(files.slice(at, at + together).map(lookAtHead));
    for (const { file, head } of heads) {
      if (head instanceof AppError) walk.skip(file.source, head.code, head.details);
      else if (head.appleDouble && basename(file.source).startsWith('._')) {
        const details = { file: file.source, kind: phrase('kind-companion') };
        walk.skip(file.source, 'not-a-regular-file', details);
      } else scanned.push({ ...file, head });
    }
  }
  return { files: scanned, roots: walk.roots, skipped: walk.skipped };
}

async function lookAtHead(
  file: IdentifiedFile,
): Promise<{ file: IdentifiedFile; head: FileHead | AppError }> {
  try {
    return { file, head: await readFileHead(file.source) };
  } catch (error) {
    return { file, head: readError(error, file.source) };
  }
}

/** A folder or file named twice, or named beside a folder that holds it, is looked at once. */
async function withoutNested(inputs: readonly string[], walk: Walk): Promise<string[]> {
  const places = await Promise.all(inputs.map(placeOf));
  return inputs.filter((input, index) => {
    const place = places[index];
    if (!place?.folder) return true;
    const holder = places.findIndex(
      (other, otherIndex) =>
        other?.folder === true &&
        // Of equals the first is kept. A disk may show one folder in two places.
        (place.identity === other.identity ? otherIndex < index : isInside(place.real, other.real)),
    );
    if (holder < 0) return true;
    walk.skip(input, 'duplicate', { file: input, original: inputs[holder] ?? '' });
    return false;
  });
}

async function placeOf(input: string): Promise<{ real: string; identity: string; folder: boolean } | null> {
  try {
    const found = await stat(input, { bigint: true });
    return {
      real: await realpath(input),
      identity: `${found.dev}:${found.ino}`,
      folder: found.isDirectory(),
    };
  } catch {
    return null; // The walk tells what is wrong with it.
  }
}

/** Of the names of one file the first that is no link is kept. */
async function withoutDuplicates(walk: Walk): Promise<IdentifiedFile[]> {
  const kept = new Map<string, FoundFile>();
  const identities = await inBatches(walk.files, identityOf);
  const preferred = (file: FoundFile, other: FoundFile) => other.throughLink && !file.throughLink;
  walk.files.forEach((file, index) => {
    const identity = identities[index] ?? '';
    const other = kept.get(identity);
    if (!other || preferred(file, other)) kept.set(identity, file);
  });
  return walk.files.flatMap((file, index) => {
    const identity = identities[index] ?? '';
    const original = kept.get(identity);
    if (!original || original === file) return [{ ...file, identity }];
    // Found twice by one path, it is not passed over: what becomes of it is told of that path.
    if (original.source !== file.source)
      walk.skip(file.source, 'duplicate', { file: file.source, original: original.source });
    return [];
  });
}

/** Inode numbers of Windows, of its network drives, and of layered disks do not fit a JavaScript number. */
async function identityOf({ source, device, inode }: FoundFile): Promise<string> {
  if (Number.isSafeInteger(device) && Number.isSafeInteger(inode)) return `${device}:${inode}`;
  try {
    const exact = await stat(source, { bigint: true });
    return `${exact.dev}:${exact.ino}`;
  } catch {
    return source;
  }
}
