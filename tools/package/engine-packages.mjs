// @ts-check
/** Which packages the engine needs on a target, and which of their files. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { machineOf } from './target.mjs';

/** @typedef {import('./target.mjs').Target} Target */

/**
 * A package of the engine. `folder` is null where it is only for another machine and was not installed here.
 *
 * @typedef {object} EnginePackage
 * @property {string} name
 * @property {string} version
 * @property {string} place below node_modules, with forward slashes
 * @property {string | null} folder
 */

/** What the engine imports; all of it is external to its build. */
const roots = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-node',
  'onnxruntime-node',
  'protobufjs',
  'sharp',
  'zod',
  'yauzl',
  'yazl',
];

/** Dependencies that only installers, command lines and compilers of others use. */
const unused = new Set([
  '@mapbox/node-pre-gyp', 'adm-zip', 'https-proxy-agent', 'progress', 'rimraf', 'tar',
  'argparse', 'chalk', 'yargs', 'global-agent',
]); // prettier-ignore
const isTypes = (/** @type {string} */ name) => name.startsWith('@types/') || name === '@webgpu/types';

/**
 * The packages that the engine needs there, each once.
 *
 * @param {string} root the checkout
 * @param {Target} target
 * @returns {EnginePackage[]}
 */
export function enginePackages(root, target) {
  const found = new Map(dependenciesOf(root, roots).map((one) => [one.place, one]));
  // Its libraries are packages of their own, one set for each machine; npm installs only this machine's.
  const { optionalDependencies: optional = {} } = readManifest(path.join(root, 'node_modules', 'sharp'));
  const machine = machineOf(target);
  for (const name of [`@img/sharp-${machine}`, `@img/sharp-libvips-${machine}`]) {
    const version = optional[name];
    if (version === undefined) continue;
    const folder = path.join(root, 'node_modules', name);
    found.set(name, { name, version, place: name, folder: existsSync(folder) ? folder : null });
  }
  return [...found.values()];
}

/**
 * Packages by name and all that they depend on at run time, each once.
 *
 * @param {string} root the checkout
 * @param {readonly string[]} names
 * @returns {EnginePackage[]}
 */
export function dependenciesOf(root, names) {
  /** @type {Map<string, EnginePackage>} */
  const found = new Map();
  const modules = path.join(root, 'node_modules');
  const visit = (/** @type {string} */ name, /** @type {string} */ from) => {
    if (unused.has(name) || isTypes(name)) return;
    const folder = resolvePackage(name, from, modules);
    const place = path.relative(modules, folder).split(path.sep).join('/');
    if (found.has(place)) return;
    const manifest = readManifest(folder);
    found.set(place, { name, version: manifest.version, place, folder });
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, folder);
  };
  for (const name of names) visit(name, root);
  return [...found.values()];
}

/**
 * Where Node finds a package from a folder: a version of its own lies nearer than the shared one.
 *
 * @param {string} name
 * @param {string} from
 * @param {string} modules the outermost node_modules
 */
function resolvePackage(name, from, modules) {
  for (let folder = from; folder.startsWith(modules); folder = path.dirname(folder)) {
    const nested = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(nested, 'package.json'))) return nested;
  }
  return path.join(modules, name);
}

/**
 * Files of a package that run, and its licences.
 *
 * @param {string} name
 * @param {string} folder
 * @param {Target} target
 * @returns {string[]} relative, forward slashes, sorted
 */
export function neededFiles(name, folder, target) {
  const main = readManifest(folder).main?.replace(/^\.\//, '') ?? 'index.js';
  const isNeeded = rule(name, main, target);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !/(?:^|\/)node_modules\//.test(file))
    .filter((file) => isAlways(file) || isNeeded(file))
    .sort();
}

const isAlways = (/** @type {string} */ file) =>
  /^(?:package\.json|(?:licen[cs]e|notice|third[-_]?party)[^/]*)$/i.test(file);

/** Not run: sources of what is compiled, types, documents, tests. */
const idle =
  /\.(?:map|flow|md|markdown|tsx?|mts|cts|cc|h|gyp|proto|tsbuildinfo|ya?ml)$|^(?:test|tests|docs?|examples?|scripts|cli|bench)\//;

/**
 * @param {string} name
 * @param {string} main
 * @param {Target} target
 * @returns {(file: string) => boolean}
 */
function rule(name, main, { platform, arch }) {
  if (name === '@tensorflow/tfjs-node')
    return (file) => /^dist\/.*\.js$/.test(file) && !/_test\.js$/.test(file);
  // TensorFlow.js comes bundled nine times over; Node takes this one.
  if (name.startsWith('@tensorflow/')) return (file) => file === main || /^dist\/[^/]*\.wasm$/.test(file);
  if (name === 'onnxruntime-node') {
    const own = new RegExp(`^bin/napi-v\\d+/${platform}/${arch}/`);
    return (file) => own.test(file) || (/^dist\//.test(file) && !idle.test(file));
  }
  return (file) => !idle.test(file) || /^@img\/sharp-/.test(name);
}

/**
 * @param {string} folder
 * @returns {{ version: string, main?: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }}
 */
function readManifest(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
}
