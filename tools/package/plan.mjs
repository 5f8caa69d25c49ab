// @ts-check
/** What lies beside the packed window in an installed app: the engine, its packages, its models and its Node. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { enginePackages, neededFiles } from './engine-packages.mjs';
import { machineOf, nodeOf } from './target.mjs';

/** @typedef {import('./target.mjs').Target} Target */

/**
 * One file to copy; `to` is relative to the app's resources, with forward slashes.
 *
 * @typedef {{ from: string, to: string }} Copy
 */

/**
 * @typedef {object} Plan
 * @property {Copy[]} copies
 * @property {boolean} trains whether native TensorFlow for this machine is in it
 */

/**
 * @param {string} root the checkout, built
 * @param {Target} target
 * @param {(name: string, version: string) => Promise<string>} fetchPackage the folder of a package that is not installed
 * @returns {Promise<Plan>}
 */
export async function planPackage(root, target, fetchPackage) {
  const copies = [
    { from: path.join(root, 'package.json'), to: 'engine/package.json' },
    ...builtEngine(path.join(root, 'out')).map((file) => ({
      from: path.join(root, 'out', file),
      to: `engine/out/${file}`,
    })),
    ...folder(path.join(root, 'model', 'pretrained'), 'engine/model/pretrained'),
  ];
  for (const { name, version, place, folder: installed } of enginePackages(root, target)) {
    const source = installed ?? (await fetchPackage(name, version));
    for (const file of neededFiles(name, source, target)) {
      copies.push({ from: path.join(source, file), to: `engine/node_modules/${place}/${file}` });
    }
  }
  const native = `tensorflow-${machineOf(target)}`;
  const nativeFiles = folder(path.join(root, '.native', native), `engine/.native/${native}`);
  const node = nodeOf(target);
  const nodeFolder = await fetchPackage(node.name, node.version);
  copies.push({ from: path.join(nodeFolder, node.file), to: `node/${path.basename(node.file)}` });
  for (const file of ['LICENSE', 'LICENSE.txt'].filter((name) => existsSync(path.join(nodeFolder, name)))) {
    copies.push({ from: path.join(nodeFolder, file), to: `node/${file}` });
  }
  return { copies: [...copies, ...nativeFiles], trains: nativeFiles.length > 0 };
}

/**
 * The engine's entries and the chunks that they reach, as paths below out/.
 *
 * @param {string} out
 */
export function builtEngine(out) {
  const found = new Set(['engine.js', 'model-check.js', 'noise-worker.js']);
  for (const file of found) {
    const text = readFileSync(path.join(out, file), 'utf8');
    for (const [, given = ''] of text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']/g)) {
      found.add(path.posix.join(path.posix.dirname(file), given));
    }
  }
  return [...found];
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {Copy[]} every file below it; none where there is no such folder
 */
function folder(from, to) {
  if (!existsSync(from)) return [];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => path.relative(from, path.join(entry.parentPath, entry.name)))
    .map((file) => ({ from: path.join(from, file), to: `${to}/${file.split(path.sep).join('/')}` }));
}
