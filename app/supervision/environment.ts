import { availableParallelism } from 'node:os';
import type { Environment } from '../places.ts';

/** Threads a picture library and file access need beside the network, so that they never wait for each other. */
const leastFileThreads = 4;

/** What an engine process is started with. The libraries read these once, when they are loaded. */
export function engineEnvironment(env: Environment, threads: number): Record<string, string> {
  const cores = threads > 0 ? threads : availableParallelism();
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(given),
    TF_NUM_INTRAOP_THREADS: String(cores),
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(cores),
    UV_THREADPOOL_SIZE: String(Math.max(leastFileThreads, cores)),
    TF_CPP_MIN_LOG_LEVEL: '2',
    // ONNX Runtime reports its use to its maker unless it is told not to. Nothing leaves this machine.
    ORT_DISABLE_TELEMETRY: '1',
    // Drawings, documents and raw dumps stay unread, whatever asks for them.
    VIPS_BLOCK_UNTRUSTED: '1',
  };
}
