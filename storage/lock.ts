import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { putAside } from './durable-json.ts';
import { isAlive, processStart } from './process-identity.ts';
import { removeAbandoned, temporaryName } from './temporary-name.ts';
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

/** Between two looks at a lock that somebody else is taking over; how long that lasts at most; and in all. */
const TURN_MS = 10;
const GUARD_MS = 3000;
const MOST_ATTEMPTS = 600;
/** Looks at a lock without content: where there are no hard links it is about to be written. */
const MOST_EMPTY = 50;

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
  const own = temporaryName(path);
  try {
    await writeFile(own, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      if (await claim(own, path, owner)) {
        await removeAbandoned(path);
        return { state: 'held', lock: releasable(path, owner) };
      }
      const content = await readContent(path);
      const holder = ownerOf(content);
      if (holder !== null && (await isRunning(holder))) return { state: 'busy', pid: holder.pid };
      if (content === '' && attempt < MOST_EMPTY) await wait(TURN_MS);
      else if (content !== null) await removeStale(path, content);
    }
    throw new Error(`the lock ${path} changes hands too often`);
  } catch (error) {
    throw writeError(error, path);
  } finally {
    await unlink(own).catch(() => {});
  }
}

/** The running process that holds a lock; null when nobody does. It is not taken, and nobody is kept from taking it. */
export async function lockHolder(path: string): Promise<number | null> {
  const holder = ownerOf(await readContent(path));
  return holder !== null && (await isRunning(holder)) ? holder.pid : null;
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

/** Longer than any lock of ours. */
const mostContent = 4096;

/** Null when there is nothing; empty for what is no file, which nobody's lock can be. */
async function readContent(path: string): Promise<string | null> {
  try {
    // A pipe of this name would keep us waiting.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!(await handle.stat()).isFile()) return '';
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostContent), 0, mostContent, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A socket, or a link to nothing.
    const irregular = ['ENXIO', 'ENOENT', 'ELOOP'].includes(systemCode(error) ?? '');
    return irregular && (await lstat(path).catch(() => null)) ? '' : null;
  }
}

/** Null for what no lock of ours holds: such a file is stale. */
function ownerOf(content: string | null): Owner | null {
  try {
    const owner: unknown = JSON.parse(content ?? '');
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

/**
 * Removes a dead owner's file. One process at a time may do that, the one that has made the folder beside it, and
 * only while the file is still the one that was found dead: so nobody's fresh lock is ever removed.
 */
async function removeStale(path: string, content: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await wait(TURN_MS);
    await removeOldGuard(guard);
    return;
  }
  try {
    if ((await readContent(path)) === content) await unlink(path).catch(() => putAside(path));
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

/** Whoever made it was killed in the moment it takes to remove a file. */
async function removeOldGuard(guard: string): Promise<void> {
  const made = await stat(guard).catch(() => null);
  // A clock that was set back may have made it long after now.
  if (made && Math.abs(Date.now() - made.mtimeMs) > GUARD_MS) await rmdir(guard).catch(() => {});
}

function releasable(path: string, owner: Owner): Lock {
  return {
    release: async () => {
      const holder = ownerOf(await readContent(path));
      if (holder?.nonce === owner.nonce) await unlink(path).catch(() => {});
    },
  };
}
