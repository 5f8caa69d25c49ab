// @ts-check
/** Names: the folders below `.native/`, and what TensorFlow's libraries are called on each system. */
import path from 'node:path';

/** @typedef {import('./context.mjs').Context} Context */

/** The file that Node loads, in every finished folder. */
export const ADDON = 'tfjs_binding.node';

/**
 * @param {Pick<Context, 'root' | 'platform' | 'arch'>} context
 */
export function nativePaths({ root, platform, arch }) {
  const folder = path.join(root, '.native');
  const machine = `${platform}-${arch}`;
  return {
    folder,
    /** The finished folder: there it is complete, or it is not there. */
    finished: path.join(folder, `tensorflow-${machine}`),
    /** What was refused, remembered for a while. */
    refused: path.join(folder, `refused-${machine}.json`),
    lock: path.join(folder, `lock-${machine}`),
    /** Folders named so belong to a run in progress, or to one that was killed. */
    makingPrefix: `making-${machine}-`,
    replacedPrefix: `replaced-${machine}-`,
  };
}

/**
 * The names under which the addon looks for TensorFlow, first choice first. `cc` is the C++ library of the
 * Python wheels: it has the same C interface inside.
 *
 * @param {NodeJS.Platform} platform
 */
export function libraryNames(platform) {
  if (platform === 'win32') return { main: ['tensorflow.dll'], framework: [] };
  if (platform === 'darwin') {
    return {
      main: ['libtensorflow.2.dylib', 'libtensorflow_cc.2.dylib'],
      framework: ['libtensorflow_framework.2.dylib'],
    };
  }
  return {
    main: ['libtensorflow.so.2', 'libtensorflow_cc.so.2'],
    framework: ['libtensorflow_framework.so.2'],
  };
}

/** @param {string} root */
export function packagePaths(root) {
  const modules = path.join(root, 'node_modules');
  return {
    tfjsNode: path.join(modules, '@tensorflow', 'tfjs-node'),
    apiHeaders: path.join(modules, 'node-api-headers'),
    onnxRuntime: path.join(modules, 'onnxruntime-node'),
  };
}
