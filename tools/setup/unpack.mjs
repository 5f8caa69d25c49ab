// @ts-check
/** Unpacks a downloaded archive with the system's own tar, which on Windows also reads zip. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from './context.mjs';
import { lastWords, run } from './process.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** The lines in which tar says what was wrong; the ones after them only say that it gives up. */
const telling = /cannot|unexpected|damaged|corrupt|unrecognized|no space|not (?:look|in)|crc/i;

/**
 * @param {Context} context
 * @param {string} archive
 * @param {string} folder made here
 * @throws {Refusal} when the archive is damaged or tar is missing
 */
export async function unpack({ platform, env, limits, signal }, archive, folder) {
  mkdirSync(folder, { recursive: true });
  // Windows: a GNU tar from elsewhere may come first on the PATH, and that one can't read zip.
  const tar =
    platform === 'win32' ? path.join(env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'tar.exe') : 'tar';
  const done = await run(tar, ['-xf', archive, '-C', folder], { seconds: limits.unpack, env, signal });
  if (done.timedOut) throw new Refusal(`unpacking took longer than ${limits.unpack} s`);
  if (done.code !== 0)
    throw new Refusal(`${path.basename(archive)} can't be unpacked: ${lastWords(done, telling)}`);
}
