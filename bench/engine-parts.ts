import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BackendName } from '../contract/backend.ts';
import type { ModelLocation, Runtime } from '../contract/engine-api.ts';
import { onnxBackend } from '../engine/backends/onnx.ts';
import { TensorflowAddon } from '../engine/backends/tensorflow-addon.ts';
import { tensorflowBackend } from '../engine/backends/tensorflow.ts';
import { wasmBackend } from '../engine/backends/wasm.ts';
import { prepareSharp } from '../engine/images/prepare.ts';
import { createCleanHandler } from '../engine/jobs/clean.ts';
import { MemoryBudget } from '../engine/memory-budget.ts';
import { PreparedNetworks } from '../engine/models/prepared-networks.ts';
import { TileGate } from '../engine/tile-gate.ts';

export const root = resolve(import.meta.dirname, '../..'); // these scripts run from out/bench/

/** The parts of an engine, in this process, so that its CPU time and memory can be read. */
export function engineParts() {
  prepareSharp({ threads: 1 });
  const backends = [tensorflowBackend(new TensorflowAddon(root)), onnxBackend, wasmBackend];
  const networks = new PreparedNetworks(backends);
  const network = (model: ModelLocation, runtime: Runtime) => networks.get(model, runtime);
  const clean = createCleanHandler({ network, budget: new MemoryBudget(2e9), gate: new TileGate() });
  return { backends, network, clean };
}

/** What every script here can be told. */
export function readArguments(defaults: { backend: BackendName; size: string; pictures: string }) {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: 'model/pretrained/gaussian-small' },
      backend: { type: 'string', default: defaults.backend },
      size: { type: 'string', default: defaults.size },
      pictures: { type: 'string', default: defaults.pictures },
      threads: { type: 'string', default: '0' },
    },
  });
  const [width = 0, height = 0] = values.size.split('x').map(Number);
  const threads = Number(values.threads);
  if (threads > 0) process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  return {
    model: { id: values.model, folder: resolve(root, values.model) },
    runtime: { backend: values.backend as BackendName, threads },
    size: { width, height },
    pictures: Number(values.pictures),
  };
}

/** Wall-clock and CPU seconds of some work. CPU seconds are what can be compared on a machine that is busy. */
export async function timed<T>(
  work: () => Promise<T>,
): Promise<{ value: T; seconds: number; cpuSeconds: number }> {
  const [started, cpuBefore] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { value, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
}
