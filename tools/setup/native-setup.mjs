// @ts-check
/** Brings native TensorFlow to this machine, or says at once that there is nothing to do. */
import { backendLine, backendWithoutTensorflow, lackingLines, reasonLines } from './backend-report.mjs';
import { reasonOf } from './context.mjs';
import { nativePaths } from './layout.mjs';
import { withLock } from './lock.mjs';
import { readRefusal, readWorking, refusalKey } from './stamps.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./stamps.mjs').Stamp} Stamp */

/**
 * @typedef {object} Outcome
 * @property {'tensorflow' | 'onnx' | 'wasm'} backend
 * @property {'ready' | 'made' | 'refused' | 'skipped'} did
 * @property {Stamp} [stamp] with the backend `tensorflow`
 * @property {{ source: string, reason: string }[]} reasons
 */

/**
 * @param {Context} context
 * @param {readonly import('./make-native.mjs').Source[]} [sources] instead of the usual ones
 * @returns {Promise<Outcome>}
 * @throws {import('./context.mjs').Refusal} when the packages are not installed
 */
export async function setUpNative(context, sources) {
  const key = refusalKey(context);
  const early = withoutWork(context, key);
  if (early) return early;

  const { lock } = nativePaths(context);
  const onWait = () => context.say('Another run is setting up native TensorFlow; waiting for it.');
  const options = { waitSeconds: context.limits.wait, onWait, signal: context.signal };
  try {
    return await withLock(lock, options, () => makeUnlessDone(context, key, sources));
  } catch (error) {
    // A folder that can't be written to, for example. The product works without, so this is no failure.
    context.signal?.throwIfAborted();
    const backend = backendWithoutTensorflow(context);
    const reason = reasonOf(error);
    context.say(`Native TensorFlow could not be set up: ${reason}`);
    context.say(backendLine(backend));
    return { backend, did: 'refused', reasons: [{ source: 'set-up', reason }] };
  }
}

/**
 * @param {Context} context
 * @param {string} key
 * @param {readonly import('./make-native.mjs').Source[]} [sources]
 * @returns {Promise<Outcome>}
 */
async function makeUnlessDone(context, key, sources) {
  // While this run waited, another may have done it all.
  const meanwhile = withoutWork(context, key);
  if (meanwhile) return meanwhile;
  // Loaded only now: every start of the product comes past here, and nearly always there is nothing to make.
  const { makeNative } = await import('./make-native.mjs');
  return makeNative(context, key, sources);
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
    [
      ...lackingLines(context),
      'When it was last tried, within a day:',
      ...reasonLines(memory.reasons),
    ].forEach(say);
    say(backendLine(backend));
  }
  return { backend, did: 'refused', reasons: memory.reasons };
}
