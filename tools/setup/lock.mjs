// @ts-check
/** One run at a time: a folder is the lock, since making a folder is atomic on every system. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './context.mjs';

/** The holder shows that it lives this often … */
const HEARTBEAT_MS = 2_000;
/** … and is given up after this long without a sign, watched by our own clock: a laptop may have slept. */
const SILENCE_MS = 15_000;
const POLL_MS = 100;

/**
 * @typedef {object} LockOptions
 * @property {number} waitSeconds
 * @property {() => void} [onWait] called once, when somebody else has the lock
 * @property {AbortSignal | undefined} [signal]
 */

/**
 * Does the work while holding the lock; waits while another process holds it, and takes over from one that
 * died.
 *
 * @template T
 * @param {string} folder its parent is made where missing
 * @param {LockOptions} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, options, work) {
  const token = await acquire(folder, options);
  const owner = path.join(folder, 'owner.json');
  const heart = setInterval(() => {
    // Failing to beat is no failure of the work; at worst another run takes over.
    utimes(owner, new Date(), new Date()).catch(() => undefined);
  }, HEARTBEAT_MS);
  heart.unref();
  try {
    return await work();
  } finally {
    clearInterval(heart);
    if ((await readOwner(folder)).token === token) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {LockOptions} options
 * @returns {Promise<string>} the token written into the lock
 */
async function acquire(folder, { waitSeconds, onWait, signal }) {
  await mkdir(path.dirname(folder), { recursive: true });
  const startedAt = performance.now();
  let lastSign = { sign: '', at: startedAt };
  let waited = false;
  for (;;) {
    signal?.throwIfAborted();
    const token = await tryToTake(folder);
    if (token !== undefined) return token;
    const owner = await readOwner(folder);
    const now = performance.now();
    if (owner.sign !== lastSign.sign) lastSign = { sign: owner.sign, at: now };
    if (owner.dead || now - lastSign.at > SILENCE_MS) await takeAway(folder, owner.sign);
    else if (now - startedAt > waitSeconds * 1000) {
      throw new Refusal(`another run has been at it for ${waitSeconds} s (${folder})`);
    } else {
      if (!waited) onWait?.();
      waited = true;
      await sleep(POLL_MS);
    }
  }
}

/** @param {string} folder */
async function tryToTake(folder) {
  try {
    await mkdir(folder);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return undefined;
    throw error;
  }
  const token = randomUUID();
  await writeFile(
    path.join(folder, 'owner.json'),
    JSON.stringify({ token, pid: process.pid, host: os.hostname() }),
  );
  return token;
}

/**
 * @param {string} folder
 * @returns {Promise<{ token?: string, dead: boolean, sign: string }>} `sign` changes with every heartbeat
 */
async function readOwner(folder) {
  const file = path.join(folder, 'owner.json');
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    /** @type {{ token: string, pid: number, host: string }} */
    const { token, pid, host } = JSON.parse(text);
    return { token, dead: host === os.hostname() && !isRunning(pid), sign: `${token} ${mtimeMs}` };
  } catch {
    return { dead: false, sign: 'unreadable' };
  }
}

/**
 * Takes the lock from a dead holder. Two waiting runs may come here together: the second folder lets only one
 * of them through, and that one looks again, so that a lock newly taken is never taken away.
 *
 * @param {string} folder
 * @param {string} sign the holder's last sign of life
 */
async function takeAway(folder, sign) {
  const guard = `${folder}.takeover`;
  try {
    await mkdir(guard);
  } catch {
    const guarded = await stat(guard).catch(() => undefined);
    if (guarded && Date.now() - guarded.mtimeMs > 60_000) await rmdir(guard).catch(() => undefined);
    await sleep(POLL_MS);
    return;
  }
  try {
    if ((await readOwner(folder)).sign === sign) await rm(folder, { recursive: true, force: true });
  } finally {
    await rmdir(guard).catch(() => undefined);
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function isCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code;
}
