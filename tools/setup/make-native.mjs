// @ts-check
/** Makes native TensorFlow from the first source that has a working one. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { backendLine, backendWithoutTensorflow, lackingLines } from './backend-report.mjs';
import { Refusal, reasonOf, secondsSince } from './context.mjs';
import { nativePaths } from './layout.mjs';
import { libtensorflowDir } from './sources/libtensorflow-dir.mjs';
import { officialDownload } from './sources/official-download.mjs';
import { wheel } from './sources/wheel.mjs';
import { madeOf, readWorking, writeRefusal, writeStamp } from './stamps.mjs';
import { verifyAddon } from './verify.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./stamps.mjs').Stamp} Stamp */
/** @typedef {import('./native-setup.mjs').Outcome} Outcome */

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

/** In the order in which they are tried, after what is already there. */
const allSources = [libtensorflowDir, officialDownload, wheel];

/**
 * To be called while holding the lock.
 *
 * @param {Context} context
 * @param {string} key what a refusal is remembered by
 * @param {readonly Source[]} [sources]
 * @returns {Promise<Outcome>}
 */
export async function makeNative(context, key, sources = chosenSources(context)) {
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
      say(`  not from there: ${reason}`);
      reasons.push({ source: source.title, reason });
    }
  }
  return nothingFound(context, reasons, key);
}

/**
 * @param {Context} context
 * @param {{ source: string, reason: string }[]} reasons
 * @param {string} key
 * @returns {Promise<Outcome>}
 */
async function nothingFound(context, reasons, key) {
  const { say } = context;
  const stamp = readWorking(context) ?? (await keepWhatLoads(context));
  if (stamp) {
    say(`The one that was there stays. ${backendLine('tensorflow', stamp.tensorflow)}`);
    return { backend: 'tensorflow', did: 'ready', stamp, reasons };
  }
  if (reasons.length === 0) {
    reasons.push({ source: 'UNSPECKLE_NATIVE_SOURCES', reason: 'it names no source that applies' });
  }
  writeRefusal(context, { key, reasons });
  const backend = backendWithoutTensorflow(context);
  lackingLines(context).forEach(say);
  say(backendLine(backend));
  return { backend, did: 'refused', reasons };
}

/**
 * A folder that is not what this set-up would make now, from before an update perhaps, is still better than
 * nothing if it loads. If it does not, it goes: nobody else shall try it.
 *
 * @param {Context} context
 * @returns {Promise<Stamp | undefined>}
 */
async function keepWhatLoads(context) {
  const { finished } = nativePaths(context);
  if (!existsSync(finished)) return undefined;
  try {
    const tensorflow = await verifyAddon(context, finished);
    return writeStamp(finished, { source: 'kept', tensorflow, madeOf: madeOf(context) });
  } catch (error) {
    context.signal?.throwIfAborted();
    context.say(`  what was there does not work and is removed: ${reasonOf(error)}`);
    await remove(finished);
    return undefined;
  }
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
    // Compilers and pip leave temporary files when they are killed; there they are swept away.
    const env = { ...context.env, TMPDIR: places.scratch };
    await source.make({ ...context, env }, places);
    const tensorflow = await verifyAddon(context, places.folder);
    const stamp = writeStamp(places.folder, { source: source.name, tensorflow, madeOf: madeOf(context) });
    await putInPlace(places.folder, finished, path.join(native, `${replacedPrefix}${process.pid}`));
    return stamp;
  } finally {
    await remove(making);
  }
}

/**
 * @param {string} made
 * @param {string} finished
 * @param {string} replaced a free name, for what stands there now
 */
async function putInPlace(made, finished, replaced) {
  const isReplacing = existsSync(finished);
  if (isReplacing) await rename(finished, replaced);
  try {
    await rename(made, finished);
  } catch (error) {
    if (isReplacing) await rename(replaced, finished);
    throw error;
  }
  await remove(replaced);
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
