import type * as Wasm from '@tensorflow/tfjs-backend-wasm';
import { AppError, failureOf } from '../../contract/errors.ts';
import { phrase, saidBy } from '../../contract/texts/fill-in.ts';
import type { Backend } from './backend.ts';
import { tensorNetwork } from './tensor-network.ts';

/** TensorFlow.js on WebAssembly, one thread: slow, but nothing native is needed. */
export const wasmBackend: Backend = {
  name: 'wasm',
  lastResort: true,
  describe: async () => {
    try {
      const { version_wasm: version } = await loadWasm();
      return { name: 'wasm', available: true, description: phrase('backend-wasm', { version }) };
    } catch (error) {
      return { name: 'wasm', available: false, description: failureOf(error) };
    }
  },
  load: async (model) => {
    await loadWasm();
    return await tensorNetwork(model, 'wasm');
  },
};

/** Loading it registers it with TensorFlow.js. */
export async function loadWasm(): Promise<typeof Wasm> {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (cause) {
    const reason = saidBy(cause);
    throw new AppError('backend-unavailable', { backend: 'wasm', reason }, { cause });
  }
}
