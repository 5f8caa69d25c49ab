// @ts-check
/** What every part of the set-up is given: where it works, on what machine, how long things may take. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Time limits, all in seconds.
 *
 * @typedef {object} Limits
 * @property {number} connect until a server answers at all
 * @property {number} stall without a single byte arriving
 * @property {number} download a whole download
 * @property {number} ask a program that only tells something about itself
 * @property {number} pip the whole of `pip download`
 * @property {number} unpack
 * @property {number} compile
 * @property {number} loadTest
 * @property {number} wait for another run of this set-up
 */

/**
 * @typedef {object} Context
 * @property {string} root the checkout
 * @property {NodeJS.Platform} platform
 * @property {string} arch
 * @property {NodeJS.ProcessEnv} env
 * @property {Limits} limits
 * @property {boolean} force make it anew, whatever is there or was refused before
 * @property {boolean} quiet say nothing where nothing was done
 * @property {(line: string) => void} say one line for a person, on stderr: stdout may carry JSON
 * @property {AbortSignal | undefined} signal
 */

/** @type {Limits} */
const usualLimits = {
  connect: 6,
  stall: 20,
  download: 900,
  ask: 20,
  pip: 900,
  unpack: 300,
  compile: 300,
  loadTest: 120,
  wait: 1200,
};

/** The checkout this file lies in. */
export const ownRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * @param {Partial<Omit<Context, 'limits'>> & { limits?: Partial<Limits> }} [chosen]
 * @returns {Context}
 */
export function createContext(chosen = {}) {
  return {
    root: ownRoot,
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    force: false,
    quiet: false,
    say: (line) => process.stderr.write(`${line}\n`),
    signal: undefined,
    ...chosen,
    limits: { ...usualLimits, ...chosen.limits },
  };
}

/**
 * Why something can't be had here, in words for a person: the set-up goes on with what is left.
 */
export class Refusal extends Error {}

/** @param {unknown} error */
export function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {number} startedAt as of `performance.now()` */
export function secondsSince(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
