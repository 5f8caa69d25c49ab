import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { onnxBackend } from './backends/onnx.ts';
import { tensorNetwork } from './backends/tensor-network.ts';
import { TensorflowAddon } from './backends/tensorflow-addon.ts';
import { tensorflowBackend } from './backends/tensorflow.ts';
import { wasmBackend } from './backends/wasm.ts';
import { freeMemory } from './free-memory.ts';
import { createHandlers } from './handlers.ts';
import { prepareSharp } from './images/prepare.ts';
import { MemoryBudget } from './memory-budget.ts';
import { Outgoing } from './outgoing.ts';
import { processChannel, serve } from './serve.ts';
import { trainingServices } from './training/training-services.ts';
import { ViewStore } from './views/view-store.ts';

/**
 * The engine process: the only one that loads native libraries. The application starts it with a channel and with
 * the environment that the libraries read once, when they are loaded: TF_NUM_INTRAOP_THREADS, OMP_NUM_THREADS,
 * UV_THREADPOOL_SIZE.
 */
const root = resolve(import.meta.dirname, '..'); // of the sources and of the build alike

prepareSharp({ threads: 1 });
const addon = new TensorflowAddon(root);
// Bytes that pictures which are looked at may keep, where the person has set no bound.
const views = new ViewStore(Math.min(totalmem() / 6, freeMemory() / 3));
const outgoing = new Outgoing();
const handlers = createHandlers({
  backends: [tensorflowBackend(addon), onnxBackend, wasmBackend],
  reference: async (model) => tensorNetwork(model, 'cpu'),
  // Decoded pictures in flight; the network's tiles come on top.
  budget: new MemoryBudget(Math.min(totalmem() / 4, freeMemory() / 2), freeMemory),
  training: trainingServices(addon, join(root, 'out/noise-worker.js')),
  views,
  delivered: () => outgoing.delivered(),
});
serve(
  handlers,
  processChannel(outgoing),
  () => process.exit(0),
  () => process.memoryUsage.rss() - views.bytes,
);
