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
 * What one step was built from, and what it wrote.
 *
 * @typedef {object} StepStamp
 * @property {string} sources as `hashSources` says it
 * @property {{ name: string, bytes: number }[]} files
 */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} config where there is none, there is nothing to build
 * @property {readonly string[]} sources folders
 * @property {readonly string[]} tool the program, below node_modules
 * @property {readonly string[]} args
 * @property {RegExp} writes which files of out/ are its own
 */

/** @type {readonly Step[]} */
const steps = [
  {
    name: 'node',
    config: 'vite.node.config.ts',
    sources: ['contract', 'storage', 'model', 'engine', 'app', 'cli', 'web', 'tools/pretrain'],
    tool: ['vite', 'bin', 'vite.js'],
    args: ['build', '-c', 'vite.node.config.ts', '--logLevel', 'warn'],
    writes: /^(?!electron[/\\]|renderer[/\\])/,
  },
  {
    name: 'desktop',
    config: 'electron.vite.config.ts',
    sources: ['contract', 'storage', 'app', 'electron'],
    tool: ['electron-vite', 'bin', 'electron-vite.js'],
    args: ['build', '--logLevel', 'error'],
    writes: /^electron[/\\]/,
  },
  {
    name: 'window',
    config: 'renderer/vite.config.ts',
    sources: ['contract', 'renderer'],
    tool: ['vite', 'bin', 'vite.js'],
    args: ['build', '-c', 'renderer/vite.config.ts', '--logLevel', 'error'],
    writes: /^renderer[/\\]/,
  },
];
/** Weights and pictures lie among the sources too; they are read at run time and built into nothing. */
const sourceFile = /\.(?:[mc]?[jt]s|json|svelte|html|css|svg|png)$/;
const commonConfigs = ['tsconfig.json', 'package.json', 'package-lock.json'];
const BUILD_SECONDS = 300;

/**
 * @param {Context} context
 * @returns {Promise<'ready' | 'built'>}
 * @throws {Refusal} when the build fails; what it said is printed
 */
export async function buildOutput(context) {
  const { root, force, quiet, say, signal } = context;
  const stale = () => steps.filter((step) => hasSources(root, step) && (force || !isBuilt(root, step)));
  if (stale().length === 0) {
    if (!quiet) say('The build is up to date.');
    return 'ready';
  }
  const onWait = () => say('Another run is building; waiting for it.');
  const options = { waitSeconds: BUILD_SECONDS, onWait, signal };
  return withLock(path.join(cacheFolder(root), 'build-lock'), options, async () => {
    const startedAt = performance.now();
    const left = stale();
    if (left.length === 0) return 'ready';
    say('Building out/ from the sources, which takes half a minute or so …');
    for (const step of left) await build(context, step);
    say(`Built out/ in ${secondsSince(startedAt)}.`);
    return 'built';
  });
}

/**
 * @param {Context} context
 * @param {Step} step
 */
async function build({ root, env, say, signal }, step) {
  const startedOn = Date.now();
  // Taken before, so that a file saved during the build makes the next run build again.
  const sources = hashSources(root, step);
  rmSync(stampFile(root, step), { force: true });
  const tool = path.join(root, 'node_modules', ...step.tool);
  if (!existsSync(tool)) throw new Refusal('The packages are not installed yet: run `npm ci` first.');
  const plain = { ...env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const options = { seconds: BUILD_SECONDS, cwd: root, env: plain, signal };
  const done = await run(process.execPath, [tool, ...step.args], options);
  const words = `${done.stdout}${done.stderr}`.trim();
  if (words !== '') say(words);
  if (done.timedOut) throw new Refusal(`The build took longer than ${BUILD_SECONDS} s and was stopped.`);
  if (done.code !== 0) throw new Refusal('The build failed.');

  // Only what this build wrote: other builds have files of their own in there.
  const files = listFiles(path.join(root, 'out')).filter(
    ({ name, changed }) => changed >= startedOn - 2000 && step.writes.test(name),
  );
  /** @type {StepStamp} */
  const stamp = { sources, files: files.map(({ name, bytes }) => ({ name, bytes })) };
  mkdirSync(cacheFolder(root), { recursive: true });
  writeFileSync(stampFile(root, step), JSON.stringify(stamp));
}

/**
 * @param {string} root
 * @param {Step} step
 */
function hasSources(root, { config }) {
  return existsSync(path.join(root, config));
}

/**
 * @param {string} root
 * @param {Step} step
 */
function isBuilt(root, step) {
  try {
    /** @type {StepStamp} */
    const { sources, files } = JSON.parse(readFileSync(stampFile(root, step), 'utf8'));
    return (
      sources === hashSources(root, step) &&
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
 * @param {Step} step
 */
function hashSources(root, step) {
  const hash = createHash('sha256');
  for (const folder of step.sources) {
    for (const { name, bytes, changed } of listFiles(path.join(root, folder))) {
      if (sourceFile.test(name)) hash.update(`${folder}/${name} ${bytes} ${changed}\n`);
    }
  }
  for (const name of [step.config, ...commonConfigs]) {
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

/**
 * @param {string} root
 * @param {Step} step
 */
function stampFile(root, { name }) {
  return path.join(cacheFolder(root), `build-${name}.json`);
}
