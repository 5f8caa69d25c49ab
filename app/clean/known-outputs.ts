import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { CleanedPicture } from '../../contract/clean.ts';
import { writeDurable } from '../../storage/durable-json.ts';
import { Journal, readJournal } from '../../storage/journal.ts';
import { reading } from '../../storage/open-itself.ts';

/** One result of an earlier job. */
interface KnownOutput {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** A copy of its source: only under its own path is it a result. */
  readonly copy: boolean;
}

/** Beyond this the older half of the list is forgotten; those results still carry their mark. */
const longestList = 32 * 2 ** 20;

/**
 * All results of earlier jobs on this machine, by content. Results carry a mark in their metadata; this knows
 * those that do not, because metadata were not wanted or the source was copied.
 */
export class KnownOutputs {
  readonly #path: string;
  /** Open while results come in. */
  #journal: Promise<Journal> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  async remember(picture: CleanedPicture): Promise<void> {
    const known: KnownOutput = {
      path: picture.output,
      bytes: picture.outputBytes,
      sha256: picture.outputSha256,
      copy: picture.unchanged,
    };
    this.#journal ??= Journal.open(this.#path);
    await (await this.#journal).append(known);
  }

  /** Closes the list until the next result comes in. */
  async close(): Promise<void> {
    const journal = this.#journal;
    this.#journal = null;
    // One that could not be opened has said so to who asked for it.
    await journal?.then(
      (opened) => opened.close(),
      () => {},
    );
  }

  /** A question about files: is this one of our results? Files of a size never written are not read. */
  async asker(): Promise<(file: { source: string; bytes: number }) => Promise<boolean>> {
    const bySize = new Map<number, KnownOutput[]>();
    for (const record of (await readJournal(this.#path)).records) {
      if (!isKnownOutput(record)) continue;
      const same = bySize.get(record.bytes);
      if (same) same.push(record);
      else bySize.set(record.bytes, [record]);
    }
    return async ({ source, bytes }) => {
      const candidates = (bySize.get(bytes) ?? []).filter(({ copy, path }) => !copy || path === source);
      if (candidates.length === 0) return false;
      const sha256 = await hashFile(source).catch(() => null);
      return candidates.some((known) => known.sha256 === sha256);
    };
  }

  /** Keeps the list from growing for ever. To be called while nothing is remembered. */
  async shorten(): Promise<void> {
    await this.close();
    const size = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    );
    if (size <= longestList) return;
    const { records } = await readJournal(this.#path);
    const kept = records.slice(Math.floor(records.length / 2));
    await writeDurable(this.#path, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, reading);
  // The stream closes the handle at its end, also after an error.
  for await (const chunk of handle.createReadStream()) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function isKnownOutput(record: unknown): record is KnownOutput {
  if (typeof record !== 'object' || record === null) return false;
  const { path, bytes, sha256, copy } = record as Record<string, unknown>;
  return (
    typeof path === 'string' &&
    typeof bytes === 'number' &&
    typeof sha256 === 'string' &&
    typeof copy === 'boolean'
  );
}
