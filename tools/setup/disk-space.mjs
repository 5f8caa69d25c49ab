// @ts-check
import { statfsSync } from 'node:fs';
import { Refusal } from './context.mjs';

/**
 * Says that a disk is too small before it is filled.
 *
 * @param {string} folder
 * @param {number} bytes
 * @throws {Refusal}
 */
export function requireSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes) {
    throw new Refusal(
      `it needs ${(bytes / 1e9).toFixed(1)} GB of disk space and ${(free / 1e9).toFixed(1)} GB are free`,
    );
  }
}
