// @ts-check
/** Builds `out/` from the sources when they are not the ones it was built from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Refusal, secondsSince } from './context.mjs';
import { withLock } from './lock.mjs';
import { run } from './process.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @typedef {object} BuildStamp
 * @property {string} sources as `hashSources` says it
 * @property {{ name: string, bytes: number }[]} files what the build wrote
 */

const sourceFolders = ['contract', 'storage', 'model', 'engine', 'app', 'cli', 'web', 'tools/pretrain'];
/** Weights and pictures lie among the sources too; they are read at run time and built into nothing. */
const sourceFile = /\.(?:[mc]?[jt]s|json)$/;
const configFiles = ['vite.node.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'];
const BUILD_SECONDS = 300;

/**
 * @param {Context} context
 * @returns {Promise<'ready' | 'built'>}
 * @throws {Refusal} when the build fails; what it said is printed
 */
export async function buildOutput(context) {
  const { root, force, quiet, say, signal } = context;
  if (!force && isBuilt(root)) {
    if (!quiet) say('The build is up to date.');
    return 'ready';
  }
  const onWait = () => say('Another run is building; waiting for it.');
  const options = { waitSeconds: BUILD_SECONDS, onWait, signal };
  return withLock(path.join(cacheFolder(root), 'build-lock'), options, async () => {
    if (!force && isBuilt(root)) return 'ready';
    await build(context);
    return 'built';
  });
}

/** @param {Context} context */
async function build({ root, env, say, signal }) {
  const startedAt = performance.now();
  const startedOn = Date.now();
  // Taken before, so that a file saved during the build makes the next run build again.
  const sources = hashSources(root);
  rmSync(stampFile(root), { force: true });
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite)) throw new Refusal('The packages are not installed yet: run `npm ci` first.');
  const args = [vite, 'build', '-c', 'vite.node.config.ts', '--logLevel', 'warn'];
  const plain = { ...env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const done = await run(process.execPath, args, { seconds: BUILD_SECONDS, cwd: root, env: plain, signal });
  const words = `${done.stdout}${done.stderr}`.trim();
  if (words !== '') say(words);
  if (done.timedOut) throw new Refusal(`The build took longer than ${BUILD_SECONDS} s and was stopped.`);
  if (done.code !== 0) throw new Refusal('The build failed.');

  const out = path.join(root, 'out');
  // Only what this build wrote: other builds have files of their own in there.
  const files = listFiles(out).filter(({ changed }) => changed >= startedOn - 2000);
  /** @type {BuildStamp} */
  const stamp = { sources, files: files.map(({ name, bytes }) => ({ name, bytes })) };
  mkdirSync(cacheFolder(root), { recursive: true });
  writeFileSync(stampFile(root), JSON.stringify(stamp));
  say(`Built out/ in ${secondsSince(startedAt)}.`);
}

/** @param {string} root */
function isBuilt(root) {
  try {
    /** @type {BuildStamp} */
    const { sources, files } = JSON.parse(readFileSync(stampFile(root), 'utf8'));
    return (
      sources === hashSources(root) &&
      files.length > 0 &&
      files.every(({ name, bytes }) => statSync(path.join(root, 'out', name)).size === bytes)
    );
  } catch {
    return false;
  }
}

/**
 * A hash over every source's path, size and time of change.
 *
 * @param {string} root
 */
function hashSources(root) {
  const hash = createHash('sha256');
  for (const folder of sourceFolders) {
    for (const { name, bytes, changed } of listFiles(path.join(root, folder))) {
      if (sourceFile.test(name)) hash.update(`${folder}/${name} ${bytes} ${changed}\n`);
    }
  }
  for (const name of configFiles) {
    const found = statSync(path.join(root, name), { throwIfNoEntry: false });
    hash.update(`${name} ${found?.size ?? 0} ${found?.mtimeMs ?? 0}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {{ name: string, bytes: number, changed: number }[]} sorted by name; empty where there is no folder
 */
function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => {
      const { size, mtimeMs } = statSync(file);
      return { name: path.relative(folder, file), bytes: size, changed: mtimeMs };
    });
}

/** @param {string} root */
function cacheFolder(root) {
  return path.join(root, '.cache');
}

/** @param {string} root */
function stampFile(root) {
  return path.join(cacheFolder(root), 'build.json');
}
