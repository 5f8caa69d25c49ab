// @ts-check
/** What every entry of the set-up shares: stopping on a signal, and errors as sentences. */
import { reasonOf } from './context.mjs';

const exitCodes = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143 });

/**
 * Runs a step and sets the exit code. On Ctrl-C or SIGTERM the step is stopped, cleans up after itself, and the
 * process ends with the usual code.
 *
 * @param {(signal: AbortSignal) => Promise<void>} step
 */
export async function runStep(step) {
  // A reader that has gone away (`2>&1 | head`) is no reason to stop half-way.
  process.stderr.on('error', () => undefined);
  const stopping = new AbortController();
  let stopCode = 0;
  for (const [name, code] of Object.entries(exitCodes)) {
    process.once(name, () => {
      stopCode = code;
      stopping.abort(new Error('stopped'));
    });
  }
  try {
    await step(stopping.signal);
  } catch (error) {
    if (stopCode === 0) process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = stopCode || 1;
  }
}
