// @ts-check
/**
 * Opens the app: on the desktop, or in the browser where Electron can't be had.
 *
 *   npm start [-- [--browser] [--port NUMBER] [--no-open] FILE or FOLDER …]
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext } from '../setup/context.mjs';
import { findElectron } from './electron-binary.mjs';
import { runToEnd } from './run-to-end.mjs';
import { startArguments } from './start-arguments.mjs';

const usage = `Opens the app: on the desktop, or in the browser where Electron can't be had.

  npm start -- [--browser] [--port NUMBER] [--no-open] [FILE or FOLDER …]

  --browser      the same app in the browser, on this machine alone
  --port NUMBER  the port on 127.0.0.1; any free one if left out (opens in the browser)
  --no-open      only print the address (the same)
  FILE, FOLDER   pictures to begin with`;

/** A start that fails this soon never showed a window. */
const SOON_MS = 5000;

/**
 * @param {import('../setup/context.mjs').Context} context
 * @param {readonly string[]} args
 * @param {string} cwd the folder the person is in
 * @param {typeof runToEnd} start
 * @returns {Promise<number>} the exit code
 */
export async function startApp(context, args, cwd, start = runToEnd) {
  const { root, env, say } = context;
  const { help, browser, paths, forBrowser } = startArguments(args, cwd);
  if (help) {
    say(usage);
    return 0;
  }
  const inBrowser = () =>
    start(process.execPath, ['out/web.js', ...forBrowser, '--', ...paths], { root, env });
  if (browser) return inBrowser();
  const electron = await findElectron(context);
  if ('binary' in electron) {
    const startedAt = performance.now();
    // The engine runs in the Node that runs this, never in Electron's.
    const own = { ...env, npm_node_execpath: process.execPath, ELECTRON_RUN_AS_NODE: undefined };
    const code = await start(electron.binary, [root, ...paths], { root, env: own });
    if (code === 0 || performance.now() - startedAt > SOON_MS) return code;
  }
  const reason = 'reason' in electron ? electron.reason : 'it does not start';
  say(
    `The desktop app needs Electron, which can't be had here (${reason}): the same app opens in the browser.`,
  );
  return inBrowser();
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const cwd = process.env['INIT_CWD'] ?? process.cwd();
  process.exitCode = await startApp(createContext(), process.argv.slice(2), cwd);
}
