import { randomBytes } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { isAlive, processStart } from './process-identity.ts';
import { systemCode, writeError } from './write-error.ts';

interface Owner {
  readonly pid: number;
  /** See `processStart`. */
  readonly started: string | null;
  readonly nonce: string;
}

export interface Lock {
  release(): Promise<void>;
}

export type LockAttempt =
  { readonly state: 'held'; readonly lock: Lock } | { readonly state: 'busy'; readonly pid: number };

/**
 * Takes a lock that belongs to a running process and ends with it: a lock whose process is gone (by number and
 * start time) is taken over. The file appears with its content or not at all.
 */
export async function acquireLock(path: string): Promise<LockAttempt> {
  const owner: Owner = {
    pid: process.pid,
    started: await processStart(process.pid),
    nonce: randomBytes(8).toString('hex'),
  };
  const own = `${path}.${owner.nonce}`;
  try {
    await writeFile(own, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    for (let attempt = 0; attempt < 20; attempt++) {
      if (await claim(own, path, owner)) return { state: 'held', lock: releasable(path, owner) };
      const holder = await readOwner(path);
      if (holder !== null && (await isRunning(holder))) return { state: 'busy', pid: holder.pid };
      await removeStale(path, holder, owner.nonce);
    }
    throw new Error(`the lock ${path} changes hands too often`);
  } catch (error) {
    throw writeError(error, path);
  } finally {
    await unlink(own).catch(() => {});
  }
}

async function claim(own: string, path: string, owner: Owner): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (systemCode(error) === 'ENOENT') throw error;
  }
  // No hard links on this disk.
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof owner !== 'object' || owner === null) return null;
    const { pid, started, nonce } = owner as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof nonce !== 'string') return null;
    return { pid, nonce, started: typeof started === 'string' ? started : null };
  } catch {
    return null;
  }
}

async function isRunning({ pid, started }: Owner): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const now = await processStart(pid);
  return started === null || now === null || now === started;
}

/** Moves the dead owner's file away; when another process was quicker, its fresh file is put back. */
async function removeStale(path: string, stale: Owner | null, nonce: string): Promise<void> {
  const aside = `${path}.stale-${nonce}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (moved !== null && moved.nonce !== stale?.nonce) await link(aside, path).catch(() => {});
  await unlink(aside).catch(() => {});
}

function releasable(path: string, owner: Owner): Lock {
  return {
    release: async () => {
      const holder = await readOwner(path);
      if (holder?.nonce === owner.nonce) await unlink(path).catch(() => {});
    },
  };
}
