// @ts-check
/**
 * The browser that the window's tests drive.
 *
 *   node tools/setup/chromium.mjs [--quiet] [--force]
 *
 * Takes one that is there; as root on Debian or Ubuntu installs one with apt-get; else says that those tests will skip.
 * The exit code is 0 in each case. `UNSPECKLE_CHROMIUM` names a browser, `UNSPECKLE_SKIP_CHROMIUM=1` leaves it out.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createContext } from './context.mjs';
import { findOnPath, lastWords, run } from './process.mjs';
import { runStep } from './run-step.mjs';
import { linuxFamilies } from './system-packages.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macPlaces = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const UPDATE_SECONDS = 120;
const INSTALL_SECONDS = 300;
const REMEMBERED_MS = 24 * 3600 * 1000;

/**
 * Where a Chromium or Chrome lies, or undefined. Whether it starts is another question: see `ensureChromium`.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function findChromium(env = process.env) {
  const named = env['UNSPECKLE_CHROMIUM'] || env['PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH'];
  if (named) return findOnPath(named, env);
  return candidates(env)[0];
}

/** @param {NodeJS.ProcessEnv} env */
function candidates(env) {
  const onPath = names.map((name) => findOnPath(name, env)).filter((found) => found !== undefined);
  return [...onPath, ...macPlaces.filter((file) => process.platform === 'darwin' && existsSync(file))];
}

/**
 * Finds a browser, or installs one where that can be done without asking.
 *
 * @param {Context} context
 * @returns {Promise<string | undefined>} its path
 */
export async function ensureChromium(context) {
  const { env, quiet, say } = context;
  if (env['UNSPECKLE_SKIP_CHROMIUM'] === '1') return undefined;
  const found = await works(context, findChromium(env));
  if (found !== undefined) {
    if (!quiet) say(`Browser for the window's tests: ${found}`);
    return found;
  }
  const reason = refusedBefore(context) ?? (await install(context));
  const installed = await works(context, findChromium(env));
  if (installed === undefined) {
    say(`No browser for the window's tests (${reason}); they will skip. Any of these brings one:`);
    say('  a Chromium or Chrome on the PATH, or UNSPECKLE_CHROMIUM set to the path of one');
    return undefined;
  }
  say(`Browser for the window's tests: ${installed}`);
  return installed;
}

/**
 * A name on the PATH may be a stub that only tells how to get the real thing. What has worked once is remembered.
 *
 * @param {Context} context
 * @param {string | undefined} file
 */
async function works(context, file) {
  if (file === undefined) return undefined;
  const real = realpathSync(file);
  const key = `${real} ${statSync(real).mtimeMs}`;
  const memory = readMemory(context);
  if (memory.works === key && !context.force) return file;
  const { env, signal } = context;
  const asked = await run(file, ['--version'], { seconds: 20, env, signal });
  if (asked.code !== 0) return undefined;
  writeMemory(context, { works: key });
  return file;
}

/**
 * @param {Context} context
 * @returns {Promise<string>} why there is none after it, should there be none
 */
async function install(context) {
  const { env, platform, say, signal } = context;
  const aptGet = findOnPath('apt-get', env);
  const isDebian = linuxFamilies().some((name) => name === 'debian' || name === 'ubuntu');
  if (platform !== 'linux' || !isDebian || aptGet === undefined) return 'none is installed';
  if (process.getuid?.() !== 0) return 'none is installed; `sudo apt-get install chromium` does that';
  say("Installing Chromium with apt-get for the window's tests (some minutes at most) …");
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, signal };
  const steps = [
    { args: ['update', '-qq'], seconds: UPDATE_SECONDS },
    // Nothing else brings a font, and pages without one have no sizes to speak of.
    {
      args: ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
      seconds: INSTALL_SECONDS,
    },
  ];
  for (const { args, seconds } of steps) {
    const done = await run(aptGet, args, { ...options, seconds });
    if (done.timedOut) return refuse(context, `apt-get ${args[0]} took longer than ${seconds} s`);
    // An update may complain about one source of many; what counts is whether the package can be had.
    if (done.code !== 0 && args[0] === 'install') {
      return refuse(context, `apt-get: ${lastWords(done, /^E:/)}`);
    }
  }
  return refuse(context, 'what apt-get installed does not start');
}

/** @typedef {{ works?: string, refused?: { at: number, reason: string } }} Memory */

/**
 * @param {Context} context
 * @param {string} reason
 */
function refuse(context, reason) {
  writeMemory(context, { refused: { at: Date.now(), reason } });
  return reason;
}

/**
 * @param {Context} context
 * @returns {string | undefined} why it was refused less than a day ago
 */
function refusedBefore(context) {
  const { refused } = readMemory(context);
  const age = refused === undefined ? Infinity : Date.now() - refused.at;
  return !context.force && age >= 0 && age < REMEMBERED_MS ? refused?.reason : undefined;
}

/**
 * @param {Context} context
 * @returns {Memory}
 */
function readMemory({ root }) {
  try {
    return JSON.parse(readFileSync(memoryFile(root), 'utf8'));
  } catch {
    return {};
  }
}

/**
 * @param {Context} context
 * @param {Memory} memory
 */
function writeMemory({ root }, memory) {
  mkdirSync(path.dirname(memoryFile(root)), { recursive: true });
  writeFileSync(memoryFile(root), JSON.stringify(memory));
}

/** @param {string} root */
function memoryFile(root) {
  return path.join(root, '.cache', 'chromium.json');
}

// Bundled into another program it is a part of that one.
const asked = process.argv[1] === undefined ? '' : realpathSync(process.argv[1]);
if (path.basename(asked) === 'chromium.mjs' && asked === fileURLToPath(import.meta.url)) {
  await runStep(async (signal) => {
    const { values } = parseArgs({ options: { quiet: { type: 'boolean' }, force: { type: 'boolean' } } });
    await ensureChromium(
      createContext({ signal, quiet: values.quiet ?? false, force: values.force ?? false }),
    );
  });
}
