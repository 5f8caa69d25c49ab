// @ts-check
/** Brings native TensorFlow to this machine, from the first source that has a working one. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { backendLine, backendWithoutTensorflow, lackingLines } from './backend-report.mjs';
import { Refusal, reasonOf, secondsSince } from './context.mjs';
import { nativePaths } from './layout.mjs';
import { withLock } from './lock.mjs';
import { libtensorflowDir } from './sources/libtensorflow-dir.mjs';
import { officialDownload } from './sources/official-download.mjs';
import { wheel } from './sources/wheel.mjs';
import { madeOf, readRefusal, readWorking, refusalKey, writeRefusal, writeStamp } from './stamps.mjs';
import { verifyAddon } from './verify.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./stamps.mjs').Stamp} Stamp */

/**
 * One place TensorFlow can come from.
 *
 * @typedef {object} Source
 * @property {string} name as in `UNSPECKLE_NATIVE_SOURCES`
 * @property {string} title for a person
 * @property {(context: Context) => boolean} isAsked whether it is worth a line that it had nothing
 * @property {(context: Context, places: { folder: string, scratch: string }) => Promise<void>} make
 *   fills `folder` with the addon and its libraries, with room for anything else in `scratch`; throws a Refusal
 */

/**
 * @typedef {object} Outcome
 * @property {'tensorflow' | 'onnx' | 'wasm'} backend
 * @property {'ready' | 'made' | 'refused' | 'skipped'} did
 * @property {Stamp} [stamp] with the backend `tensorflow`
 * @property {{ source: string, reason: string }[]} reasons
 */

/** In the order in which they are tried, after what is already there. */
const allSources = [libtensorflowDir, officialDownload, wheel];

/**
 * @param {Context} context
 * @param {readonly Source[]} [sources]
 * @returns {Promise<Outcome>}
 * @throws {Refusal} when the packages are not installed or a setting makes no sense
 */
export async function setUpNative(context, sources = chosenSources(context)) {
  const key = refusalKey(context);
  const early = withoutWork(context, key);
  if (early) return early;

  const { lock } = nativePaths(context);
  const onWait = () => context.say('Another run is setting up native TensorFlow; waiting for it.');
  const options = { waitSeconds: context.limits.wait, onWait, signal: context.signal };
  return withLock(lock, options, async () => {
    // While this run waited, another may have done it all.
    const meanwhile = withoutWork(context, key);
    return meanwhile ?? (await trySources(context, sources, key));
  });
}

/**
 * @param {Context} context
 * @param {string} key
 * @returns {Outcome | undefined} where there is nothing to do
 */
function withoutWork(context, key) {
  const { force, quiet, env, say } = context;
  const stamp = readWorking(context);
  if (stamp && !force) {
    if (!quiet) say(`Native TensorFlow is ready. ${backendLine('tensorflow', stamp.tensorflow)}`);
    return { backend: 'tensorflow', did: 'ready', stamp, reasons: [] };
  }
  const backend = backendWithoutTensorflow(context);
  if (env['UNSPECKLE_SKIP_NATIVE'] === '1') {
    if (!quiet) say(`Native TensorFlow is left out (UNSPECKLE_SKIP_NATIVE=1). ${backendLine(backend)}`);
    return { backend, did: 'skipped', reasons: [] };
  }
  const memory = force ? undefined : readRefusal(context, key);
  if (!memory) return undefined;
  if (!quiet) {
    lackingLines(context, memory.reasons).forEach(say);
    say(`(Tried within the last day; --force tries again.) ${backendLine(backend)}`);
  }
  return { backend, did: 'refused', reasons: memory.reasons };
}

/**
 * @param {Context} context
 * @param {readonly Source[]} sources
 * @param {string} key
 * @returns {Promise<Outcome>}
 */
async function trySources(context, sources, key) {
  const { say, signal } = context;
  const { refused } = nativePaths(context);
  const startedAt = performance.now();
  await sweep(context);
  say('Setting up native TensorFlow (once).');
  const reasons = [];
  for (const source of sources) {
    if (!source.isAsked(context)) continue;
    say(`  trying ${source.title}`);
    try {
      const stamp = await makeFrom(context, source);
      await rm(refused, { force: true });
      say(`${backendLine('tensorflow', stamp.tensorflow)} Took ${secondsSince(startedAt)}.`);
      return { backend: 'tensorflow', did: 'made', stamp, reasons };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = reasonOf(error);
      say(`  not there: ${reason}`);
      reasons.push({ source: source.title, reason });
    }
  }
  return nothingFound(context, reasons, key);
}

/**
 * @param {Context} context
 * @param {{ source: string, reason: string }[]} reasons
 * @param {string} key
 * @returns {Outcome}
 */
function nothingFound(context, reasons, key) {
  const { say } = context;
  const before = readWorking(context);
  if (before) {
    say(
      `Nothing newer could be made; the one that was there stays. ${backendLine('tensorflow', before.tensorflow)}`,
    );
    return { backend: 'tensorflow', did: 'ready', stamp: before, reasons };
  }
  if (reasons.length === 0)
    reasons.push({ source: 'UNSPECKLE_NATIVE_SOURCES', reason: 'it names no source that applies' });
  writeRefusal(context, { key, reasons });
  const backend = backendWithoutTensorflow(context);
  lackingLines(context, reasons).forEach(say);
  say(backendLine(backend));
  return { backend, did: 'refused', reasons };
}

/**
 * Makes everything in a folder of its own and moves it into place as the last step: a run that is killed
 * leaves no half-made result under the final name.
 *
 * @param {Context} context
 * @param {Source} source
 * @returns {Promise<Stamp>}
 */
async function makeFrom(context, source) {
  const { folder: native, finished, makingPrefix, replacedPrefix } = nativePaths(context);
  const making = await mkdtemp(path.join(native, makingPrefix));
  try {
    const places = { folder: path.join(making, 'result'), scratch: path.join(making, 'scratch') };
    await mkdir(places.folder);
    await mkdir(places.scratch);
    await source.make(context, places);
    const tensorflow = await verifyAddon(context, places.folder);
    const stamp = writeStamp(places.folder, { source: source.name, tensorflow, madeOf: madeOf(context) });
    const replaced = path.join(native, `${replacedPrefix}${process.pid}`);
    if (existsSync(finished)) await rename(finished, replaced);
    await rename(places.folder, finished);
    await remove(replaced);
    return stamp;
  } finally {
    await remove(making);
  }
}

/**
 * Removes what runs before this one left behind. Called while holding the lock, so none of it is in use.
 *
 * @param {Context} context
 */
async function sweep(context) {
  const { folder, makingPrefix, replacedPrefix } = nativePaths(context);
  const left = (await readdir(folder)).filter(
    (name) => name.startsWith(makingPrefix) || name.startsWith(replacedPrefix),
  );
  for (const name of left) await remove(path.join(folder, name));
}

/** @param {string} folder */
async function remove(folder) {
  // What can't be removed now (a library in use, on Windows) is swept away by a later run.
  await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 200 }).catch(() => undefined);
}

/** @param {Context} context */
function chosenSources({ env }) {
  const chosen = env['UNSPECKLE_NATIVE_SOURCES'];
  if (chosen === undefined) return allSources;
  const names = chosen
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'none');
  const unknown = names.filter((name) => !allSources.some((source) => source.name === name));
  if (unknown.length > 0) {
    const known = allSources.map((source) => source.name).join(', ');
    throw new Refusal(
      `UNSPECKLE_NATIVE_SOURCES: expected some of ${known}, or none, and got "${unknown.join(', ')}".`,
    );
  }
  return allSources.filter((source) => names.includes(source.name));
}
