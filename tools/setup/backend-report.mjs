// @ts-check
/** What the machine ends up with, in words for a person. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { packagePaths } from './layout.mjs';
import { findOnPath } from './process.mjs';
import { installCommand } from './system-packages.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {'tensorflow' | 'onnx' | 'wasm'} Backend */

/**
 * The backend that cleans where there is no native TensorFlow. Only looks whether the files are there: ONNX
 * Runtime itself is tried by the engine.
 *
 * @param {Context} context
 * @returns {Backend}
 */
export function backendWithoutTensorflow({ root, platform, arch }) {
  const bin = path.join(packagePaths(root).onnxRuntime, 'bin');
  const versions = existsSync(bin) ? readdirSync(bin) : [];
  const isThere = versions.some((version) =>
    existsSync(path.join(bin, version, platform, arch, 'onnxruntime_binding.node')),
  );
  return isThere ? 'onnx' : 'wasm';
}

/**
 * @param {Backend} backend
 * @param {string} [tensorflow] its version
 */
export function backendLine(backend, tensorflow) {
  switch (backend) {
    case 'tensorflow':
      return `Backend: tensorflow (TensorFlow ${tensorflow ?? ''}), for cleaning and training.`;
    case 'onnx':
      return 'Backend: onnx (ONNX Runtime), for cleaning. Training is slow: it runs on WebAssembly.';
    case 'wasm':
      return 'Backend: wasm (WebAssembly, slow), for cleaning and training.';
  }
}

/**
 * What works without TensorFlow, what does not, and three ways to get it.
 *
 * @param {Context} context
 * @returns {string[]} lines
 */
export function lackingLines(context) {
  const isOnnx = backendWithoutTensorflow(context) === 'onnx';
  return [
    'There is no native TensorFlow on this machine.',
    `What works: cleaning pictures, through ${isOnnx ? 'ONNX Runtime' : 'WebAssembly, slowly'}. ` +
      'What is slow: training a model, on WebAssembly.',
    'Any one of these brings it:',
    ...waysToGetIt(context).map((way, index) => `  ${index + 1}. ${way}`),
    'Then: node tools/setup/native.mjs --force',
  ];
}

/** @param {readonly { source: string, reason: string }[]} reasons why each source had nothing */
export function reasonLines(reasons) {
  return reasons.map(({ source, reason }) => `  ${source}: ${reason}`);
}

/**
 * @param {Context} context
 * @returns {string[]} three of them
 */
function waysToGetIt(context) {
  const { env, platform, arch } = context;
  const lacks = (/** @type {string[]} */ ...names) =>
    names.every((name) => findOnPath(name, env) === undefined);
  const lacksCompiler = platform !== 'win32' && lacks('g++', 'clang++', 'c++');
  const lacksPip = lacks('pip3', 'pip');
  const after = (/** @type {import('./system-packages.mjs').Need[]} */ needs, /** @type {string} */ then) =>
    needs.length === 0 ? then : `${installCommand(context, needs)}, then ${then}`;

  /** @type {import('./system-packages.mjs').Need[]} */
  const compiler = lacksCompiler ? ['compiler'] : [];
  // The official place also has the ready-made addon, for x64 only.
  const official = after(
    arch === 'x64' ? [] : compiler,
    'a run of this where https://storage.googleapis.com can be reached (about 100 MB)',
  );
  const fromPip = after(
    lacksPip ? [...compiler, 'pip'] : compiler,
    'a run of this where pip reaches a package index that has tensorflow-cpu (270 MB)',
  );
  const own = after(
    compiler,
    'a libtensorflow for C unpacked anywhere (https://www.tensorflow.org/install/lang_c), ' +
      'with LIBTENSORFLOW_DIR set to its folder',
  );
  const mirror = 'a mirror of that server, with TFJS_NODE_CDN_STORAGE set to its address';
  const copy = 'a copy of the folder .native/ from another machine of the same kind where this has worked';
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return [official, fromPip, own];
  return platform === 'win32' ? [official, mirror, copy] : [official, own, copy];
}
