// @ts-check
/** Compiles tfjs-node's addon against a libtensorflow. It is pure Node-API: neither node-gyp nor Node's headers are needed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Refusal, secondsSince } from './context.mjs';
import { ADDON, packagePaths } from './layout.mjs';
import { findOnPath, lastWords, run } from './process.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @param {Context} context
 * @returns {Promise<string | undefined>} the C++ compiler's path
 */
export async function findCompiler({ env, platform, limits, signal }) {
  // On Windows a compiler is not a matter of the PATH; there the ready-made addon serves.
  if (platform === 'win32') return undefined;
  const names = [env['CXX'], 'g++', 'clang++', 'c++'];
  const found = names.map((name) => (name ? findOnPath(name, env) : undefined)).find(Boolean);
  if (found === undefined || platform !== 'darwin' || !found.startsWith('/usr/bin/')) return found;
  // Without the developer tools, macOS has only a stand-in there, which opens a window when it is called.
  const tools = await run('xcode-select', ['-p'], { seconds: limits.ask, env, signal });
  return tools.code === 0 ? found : undefined;
}

/**
 * Compiles the addon into the folder where the libraries already lie; it finds them there by its own place.
 *
 * @param {Context} context
 * @param {{ compiler: string, includes: string, folder: string, libraries: readonly string[] }} parts `includes`
 *   holds `tensorflow/c/c_api.h`; `libraries` are file names in `folder`
 * @throws {Refusal} with the compiler's own words
 */
export async function compileAddon(context, { compiler, includes, folder, libraries }) {
  const { root, platform, limits, env, say, signal } = context;
  if (!existsSync(path.join(includes, 'tensorflow', 'c', 'c_api.h'))) {
    throw new Refusal(`the headers are missing (no tensorflow/c/c_api.h in ${includes})`);
  }
  const { tfjsNode, apiHeaders } = packagePaths(root);
  const startedAt = performance.now();
  const linking =
    platform === 'darwin'
      ? [...libraries.map((name) => path.join(folder, name)), '-Wl,-rpath,@loader_path']
      : ['-L', folder, ...libraries.map((name) => `-l:${name}`), '-Wl,-rpath,$ORIGIN'];
  const args = [
    '-std=c++17',
    '-O2',
    '-fPIC',
    ...(platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    '-DNAPI_VERSION=8',
    ...['-I', path.join(apiHeaders, 'include'), '-I', includes, '-I', tfjsNode],
    path.join(tfjsNode, 'binding', 'tfjs_backend.cc'),
    path.join(tfjsNode, 'binding', 'tfjs_binding.cc'),
    ...['-o', path.join(folder, ADDON)],
    ...linking,
  ];
  const done = await run(compiler, args, { seconds: limits.compile, env, signal });
  if (done.timedOut) throw new Refusal(`compiling took longer than ${limits.compile} s`);
  if (done.code !== 0) throw new Refusal(`compiling failed: ${lastWords(done, /error/i)}`);
  say(`  compiled the addon with ${path.basename(compiler)} in ${secondsSince(startedAt)}`);
}
