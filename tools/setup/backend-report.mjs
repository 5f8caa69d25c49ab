// @ts-check
/** What the machine ends up with, in words for a person. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findOnPath } from './process.mjs';
import { howToInstall } from './compile.mjs';
import { packagePaths } from './layout.mjs';

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
      return 'Backend: onnx (ONNX Runtime), for cleaning. Training is not possible yet.';
    case 'wasm':
      return 'Backend: wasm (WebAssembly, slow), for cleaning. Training is not possible yet.';
  }
}

/**
 * What is lacking and three ways to get it.
 *
 * @param {Context} context
 * @param {readonly { source: string, reason: string }[]} reasons why each source had nothing
 * @returns {string[]} lines
 */
export function lackingLines(context, reasons) {
  const { platform, arch } = context;
  const backend = backendWithoutTensorflow(context);
  const cleaning = backend === 'onnx' ? 'through ONNX Runtime' : 'through WebAssembly, slowly';
  return [
    'There is no native TensorFlow on this machine:',
    ...reasons.map(({ source, reason }) => `  - ${source}: ${reason}`),
    `What works: cleaning pictures, ${cleaning}. What does not: training a model.`,
    'Any one of these brings it:',
    ...waysToGetIt(context).map((way, index) => `  ${index + 1}. ${way}`),
    `Then: node tools/setup/native.mjs --force${platform === process.platform && arch === process.arch ? '' : ` (on ${platform}-${arch})`}`,
  ];
}

/** @param {Context} context */
function waysToGetIt(context) {
  const { env, platform, arch } = context;
  const missing = [];
  if (!['g++', 'clang++', 'c++'].some((name) => findOnPath(name, env)))
    missing.push(howToInstall(context, 'compiler'));
  const compilerFirst = missing.length > 0 && platform !== 'win32' ? `${missing[0]}, and ` : '';
  const ways = [
    `${compilerFirst}one run where https://storage.googleapis.com can be reached (about 100 MB).`,
  ];
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) {
    if (!['pip3', 'pip'].some((name) => findOnPath(name, env))) missing.push(howToInstall(context, 'pip'));
    const first = missing.length > 0 ? `${missing.join(' and ')}, and ` : '';
    ways.push(`${first}a Python package index that pip reaches and that has tensorflow-cpu (270 MB).`);
  } else {
    ways.push('a copy of the folder .native/ from another machine of the same kind where this has worked.');
  }
  ways.push(
    `${compilerFirst}a libtensorflow for C, unpacked anywhere (https://www.tensorflow.org/install/lang_c), ` +
      'with LIBTENSORFLOW_DIR set to its folder.',
  );
  return ways;
}
