// @ts-check
/** Whether the desktop app can be started here: Electron's binary, and a screen to show it on. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lastWords, run } from '../setup/process.mjs';

/** @typedef {import('../setup/context.mjs').Context} Context */

/** Its package asks for the binary from GitHub, which is refused at once or takes about as long as this. */
const INSTALL_SECONDS = 20;

/**
 * Electron's binary, installed now if need be.
 *
 * @param {Context} context
 * @param {number} [seconds] how long installing it may take
 * @returns {Promise<{ binary: string } | { reason: string }>} the reason is read inside brackets
 */
export async function findElectron(context, seconds = INSTALL_SECONDS) {
  const { root, env, signal } = context;
  const hindrance = whyNoWindow(context);
  if (hindrance !== undefined) return { reason: hindrance };
  const there = electronBinary(root, env);
  if (there !== undefined) return { binary: there };
  const installer = path.join(root, 'node_modules', 'electron', 'install.js');
  if (!existsSync(installer)) return { reason: 'its package is not installed' };
  const done = await run(process.execPath, [installer], { seconds, cwd: root, env, signal });
  const binary = electronBinary(root, env);
  if (binary !== undefined) return { binary };
  if (done.timedOut)
    return { reason: `fetching it takes longer than ${seconds} s; npx install-electron takes its time` };
  return { reason: lastWords(done, /Error:/).replace(/^.*?Error: /, '') };
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function electronBinary(root, env) {
  const folder = path.join(root, 'node_modules', 'electron');
  try {
    const name = readFileSync(path.join(folder, 'path.txt'), 'utf8');
    const binary = path.join(env['ELECTRON_OVERRIDE_DIST_PATH'] || path.join(folder, 'dist'), name);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Context} context */
function whyNoWindow({ platform, env }) {
  if (platform !== 'linux') return undefined;
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'there is no screen here';
  // Electron keeps its pages in a sandbox, which it refuses to make for root.
  return process.getuid?.() === 0 ? 'it does not run as root' : undefined;
}
