// @ts-check
/** Runs other programs, never without a time limit, and finds them on the PATH. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** As much of a program's output as is kept: enough for its last words. */
const KEPT_OUTPUT = 64 * 1024;

/**
 * How a program ended. `code` is null when it was killed or never started.
 *
 * @typedef {object} Finished
 * @property {number | null} code
 * @property {NodeJS.Signals | null} killedBy
 * @property {boolean} timedOut
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program to its end or to its time limit, whichever comes first. A program that fails, or does not
 * exist, is an answer and not an exception; only stopping through `signal` throws.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ seconds: number, env?: NodeJS.ProcessEnv, cwd?: string, signal?: AbortSignal | undefined }} options
 * @returns {Promise<Finished>}
 */
export async function run(command, args, { seconds, env = process.env, cwd = process.cwd(), signal }) {
  signal?.throwIfAborted();
  const child = spawn(command, [...args], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // A group of its own, so that the time limit also ends what the program itself has started.
    detached: process.platform !== 'win32',
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killTree(child);
  }, seconds * 1000);
  const onAbort = () => killTree(child);
  signal?.addEventListener('abort', onAbort);
  try {
    const stdout = keepEnd(child.stdout);
    const stderr = keepEnd(child.stderr);
    const { code, killedBy, problem } = await ended(child);
    signal?.throwIfAborted();
    return { code, killedBy, timedOut, stdout: stdout(), stderr: problem ?? stderr() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number | null, killedBy: NodeJS.Signals | null, problem?: string }>}
 */
function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, killedBy: null, problem: error.message }));
    child.once('close', (code, killedBy) => resolve({ code, killedBy }));
    child.once('exit', (code, killedBy) => {
      // A grandchild that escaped may hold the pipes open for ever; the program itself is gone.
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code, killedBy });
      }, 2000).unref();
    });
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function killTree(child) {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/**
 * @param {import('node:stream').Readable} stream
 * @returns {() => string}
 */
function keepEnd(stream) {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (/** @type {string} */ chunk) => {
    text = (text + chunk).slice(-KEPT_OUTPUT);
  });
  return () => text;
}

/**
 * Where a program lies on the PATH, or undefined.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findOnPath(name, env) {
  if (path.isAbsolute(name)) return isProgram(name) ? name : undefined;
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter(Boolean);
  for (const folder of folders) {
    for (const ending of endings) {
      const candidate = path.join(folder, name + ending);
      if (isProgram(candidate)) return candidate;
    }
  }
  return undefined;
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * The last line a program wrote that says something, shortened; for telling a person why it failed.
 *
 * @param {Finished} finished
 * @param {RegExp} [wanted] the lines that matter, where there are such
 */
export function lastWords({ stdout, stderr }, wanted) {
  const lines = `${stdout}\n${stderr}`.split(/[\r\n]+/).map((line) => line.trim());
  const telling =
    (wanted && lines.filter((line) => wanted.test(line)).at(-1)) ?? lines.filter(Boolean).at(-1);
  return (telling ?? 'it said nothing').slice(0, 300);
}
