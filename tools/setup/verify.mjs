// @ts-check
/** The proof that an addon works: another process loads it and computes something known. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal } from './context.mjs';
import { ADDON } from './layout.mjs';
import { lastWords, run } from './process.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const loadTest = path.join(path.dirname(fileURLToPath(import.meta.url)), 'load-test.mjs');

/** The 3×3 image 1 … 9 under the 2×2 kernel [1 2; 3 4], worked out by hand. */
const convolved = [
  1 * 1 + 2 * 2 + 3 * 4 + 4 * 5,
  1 * 2 + 2 * 3 + 3 * 5 + 4 * 6,
  1 * 4 + 2 * 5 + 3 * 7 + 4 * 8,
  1 * 5 + 2 * 6 + 3 * 8 + 4 * 9,
];
/** The derivative of that image's sum by each kernel value: the sum of the pixels it has touched. */
const gradient = [1 + 2 + 4 + 5, 2 + 3 + 5 + 6, 4 + 5 + 7 + 8, 5 + 6 + 8 + 9];

/**
 * @param {Context} context
 * @param {string} folder where the addon and its libraries lie
 * @returns {Promise<string>} TensorFlow's version
 * @throws {Refusal} when it can't be loaded, crashes, or computes something else
 */
export async function verifyAddon({ root, env, limits, signal }, folder) {
  const done = await run(process.execPath, [loadTest, path.join(folder, ADDON), root], {
    seconds: limits.loadTest,
    env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' },
    signal,
  });
  if (done.timedOut) throw new Refusal(`its load test took longer than ${limits.loadTest} s`);
  if (done.killedBy === 'SIGILL')
    throw new Refusal("it can't run on this processor (an instruction is missing)");
  if (done.killedBy !== null) throw new Refusal(`it crashed when it was loaded (${done.killedBy})`);
  if (done.code !== 0) throw new Refusal(`it can't be loaded: ${lastWords(done, /^\w*Error\b/)}`);
  const answer = parseAnswer(done.stdout);
  if (!isSame(answer.convolved, convolved) || !isSame(answer.gradient, gradient)) {
    throw new Refusal(`it computes wrong values (${JSON.stringify(answer)})`);
  }
  return answer.tensorflow;
}

/**
 * @param {string} stdout
 * @returns {{ tensorflow: string, convolved: unknown, gradient: unknown }}
 */
function parseAnswer(stdout) {
  try {
    const answer = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    return { tensorflow: String(answer.tensorflow), convolved: answer.convolved, gradient: answer.gradient };
  } catch {
    throw new Refusal('its load test gave no answer');
  }
}

/**
 * @param {unknown} values
 * @param {readonly number[]} expected
 */
function isSame(values, expected) {
  return (
    Array.isArray(values) &&
    values.length === expected.length &&
    // Small integers: exact in float32, whatever the order of the additions.
    expected.every((value, index) => values[index] === value)
  );
}
