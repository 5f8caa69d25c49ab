import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { AppError } from '../../contract/errors.ts';
import { phrase, saidBy } from '../../contract/texts/fill-in.ts';
import { replaceInputGradients } from './native-gradients.ts';

/** What of the native addon is used directly; tensors are named by number. */
export interface TensorflowBinding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_UINT8: number;
  readonly TF_INT32: number;
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: Float32Array | Uint8Array | Int32Array,
  ): number;
  deleteTensor(tensor: number): void;
  tensorDataSync(tensor: number): Float32Array | Int32Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(model: number): void;
  /** Input and output names joined by commas, inputs in the order of the tensors. */
  runSavedModel(
    model: number,
    tensors: readonly number[],
    inputs: string,
    outputs: string,
  ): { readonly id: number }[];
  getNumOfTensors(): number;
}

/** Where the set-up step leaves the addon. */
export function addonPath(root: string): string {
  return join(root, '.native', `tensorflow-${process.platform}-${process.arch}`, 'tfjs_binding.node');
}

/**
 * Native TensorFlow, loaded at first use and once in a process, which also makes it a backend of TensorFlow.js
 * under the name `tensorflow` (without choosing it). The package's own loader is passed by: it looks for the
 * addon inside node_modules and wants to download it.
 */
export class TensorflowAddon {
  readonly #root: string;
  #binding: TensorflowBinding | null = null;

  /** @param root folder of the application */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * @param threads of TensorFlow; 0 means all cores. The first load decides, unless the environment did.
   * @throws AppError `backend-unavailable`
   */
  load(threads = 0): TensorflowBinding {
    if (!this.#binding) {
      if (threads > 0) process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
      process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1'; // warnings and worse
      this.#binding = loadBinding(addonPath(this.#root));
    }
    return this.#binding;
  }
}

function loadBinding(path: string): TensorflowBinding {
  if (!existsSync(path)) {
    const reason = phrase('backend-not-set-up');
    throw new AppError('backend-unavailable', { backend: 'tensorflow', reason });
  }
  const require = createRequire(import.meta.url);
  try {
    const binding = require(path) as TensorflowBinding;
    register(binding, require);
    return binding;
  } catch (cause) {
    const reason = saidBy(cause);
    throw new AppError('backend-unavailable', { backend: 'tensorflow', reason }, { cause });
  }
}

function register(binding: TensorflowBinding, require: NodeJS.Require): void {
  if (tf.findBackendFactory('tensorflow')) return;
  // The kernels call two functions of node:util that newer versions of Node no longer have.
  const old = util as unknown as Record<string, unknown>;
  old['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  old['isArray'] ??= Array.isArray;
  require('@tensorflow/tfjs-node/dist/register_all_kernels');
  replaceInputGradients();
  const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node/dist/nodejs_kernel_backend') as {
    NodeJSKernelBackend: new (binding: TensorflowBinding, packageName: string) => tf.KernelBackend;
  };
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'), 3);
}
