// @ts-check
/**
 * What earlier runs left behind: the stamp of a finished folder, and the memory of a refusal. Both are read on
 * every start of the product, so both are answered from a few small files.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from './context.mjs';
import { ADDON, nativePaths, packagePaths } from './layout.mjs';
import { findOnPath } from './process.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @typedef {object} Stamp
 * @property {string} source which source it came from
 * @property {string} tensorflow TensorFlow's version
 * @property {string} madeOf what it was made of, as `madeOf` says it
 * @property {{ name: string, bytes: number }[]} files
 * @property {string} madeAt ISO time
 */

/**
 * @typedef {object} RefusalMemory
 * @property {string} key everything that could change the answer
 * @property {number} at milliseconds
 * @property {{ source: string, reason: string }[]} reasons
 */

/** Raised when this set-up itself makes something else of the same ingredients. */
const RECIPE = 1;
const STAMP = 'stamp.json';
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/**
 * A hash of everything the addon is compiled from here. Where it differs from the stamp's, the addon is made
 * anew.
 *
 * @param {Context} context
 * @returns {string}
 * @throws {Refusal} when the packages are not installed
 */
export function madeOf({ root, platform, arch }) {
  const { tfjsNode, apiHeaders } = packagePaths(root);
  const hash = createHash('sha256').update(`${RECIPE} ${platform} ${arch}`);
  try {
    hash.update(versionOf(tfjsNode)).update(versionOf(apiHeaders));
    const binding = path.join(tfjsNode, 'binding');
    for (const name of readdirSync(binding).sort())
      hash.update(name).update(readFileSync(path.join(binding, name)));
  } catch {
    throw new Refusal('The packages are not installed yet: run `npm ci` first.');
  }
  return hash.digest('hex');
}

/** @param {string} folder */
function versionOf(folder) {
  /** @type {{ version?: unknown }} */
  const description = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return String(description.version);
}

/**
 * The finished folder's stamp, if the folder is whole and made of what is installed now.
 *
 * @param {Context} context
 * @returns {Stamp | undefined}
 */
export function readWorking(context) {
  const { finished } = nativePaths(context);
  try {
    /** @type {Stamp} */
    const stamp = JSON.parse(readFileSync(path.join(finished, STAMP), 'utf8'));
    if (stamp.madeOf !== madeOf(context) || !stamp.files.some(({ name }) => name === ADDON)) return undefined;
    const whole = stamp.files.every(({ name, bytes }) => statSync(path.join(finished, name)).size === bytes);
    return whole ? stamp : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} folder a folder that is complete but for its stamp
 * @param {Omit<Stamp, 'files' | 'madeAt'>} about
 */
export function writeStamp(folder, about) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== STAMP && statSync(path.join(folder, name)).isFile())
    .sort()
    .map((name) => ({ name, bytes: statSync(path.join(folder, name)).size }));
  /** @type {Stamp} */
  const stamp = { ...about, files, madeAt: new Date().toISOString() };
  writeFileSync(path.join(folder, STAMP), `${JSON.stringify(stamp, null, 2)}\n`);
  return stamp;
}

/**
 * Everything that could turn a refusal into a success, except the network, which only a new try can tell.
 *
 * @param {Context} context
 */
export function refusalKey(context) {
  const { env } = context;
  const programs = ['g++', 'clang++', 'c++', 'python3', 'python', 'pip3', 'pip', env['CXX'] ?? ''];
  const settings = [
    'LIBTENSORFLOW_DIR',
    'TFJS_NODE_CDN_STORAGE',
    'TFJS_NODE_BASE_URI',
    'HTTPS_PROXY',
    'https_proxy',
    'PIP_INDEX_URL',
    'PIP_FIND_LINKS',
    'UNSPECKLE_NATIVE_SOURCES',
  ];
  const seen = {
    madeOf: madeOf(context),
    programs: programs.map((name) => (name === '' ? '' : (findOnPath(name, env) ?? ''))),
    settings: settings.map((name) => env[name] ?? ''),
    folderChanged: changedAt(env['LIBTENSORFLOW_DIR']),
  };
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}

/** @param {string | undefined} folder */
function changedAt(folder) {
  if (!folder) return 0;
  return Math.max(
    ...[folder, path.join(folder, 'lib')].map((it) => statSync(it, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );
}

/**
 * @param {Context} context
 * @param {string} key
 * @returns {RefusalMemory | undefined} a refusal of less than a day ago that would be the same now
 */
export function readRefusal(context, key) {
  try {
    /** @type {RefusalMemory} */
    const memory = JSON.parse(readFileSync(nativePaths(context).refused, 'utf8'));
    const age = Date.now() - memory.at;
    return memory.key === key && age >= 0 && age < REMEMBERED_MS && Array.isArray(memory.reasons)
      ? memory
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {Context} context
 * @param {Omit<RefusalMemory, 'at'>} memory
 */
export function writeRefusal(context, memory) {
  writeFileSync(nativePaths(context).refused, `${JSON.stringify({ ...memory, at: Date.now() }, null, 2)}\n`);
}
