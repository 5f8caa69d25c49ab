import { availableParallelism } from 'node:os';
import type * as Runtime from 'onnxruntime-node';
import { AppError, failureOf } from '../../contract/errors.ts';
import { phrase, saidBy } from '../../contract/texts/fill-in.ts';
import type { Backend } from './backend.ts';
import type { NetworkGraph } from './graph.ts';
import { noiseFactorPlanes } from './noise-factor-plane.ts';
import { onnxModelOf } from './onnx-graph.ts';
import { OnnxStages } from './onnx-stages.ts';
import { prepare } from './prepared-model.ts';

/** Memory it takes in place of each byte that has to be there; measured. */
const MEMORY_FACTOR = 1.35;

/** ONNX Runtime on the CPU: cleaning only, on every platform, without any set-up. */
export const onnxBackend: Backend = {
  name: 'onnx',
  describe: async () => {
    try {
      const { env } = await loadRuntime();
      const version = env.versions.node ?? env.versions.common;
      return { name: 'onnx', available: true, description: phrase('backend-onnx', { version }) };
    } catch (error) {
      return { name: 'onnx', available: false, description: failureOf(error) };
    }
  },
  load: async (model, threads) => {
    const runtime = await loadRuntime();
    const { graph, geometry, liveBytes } = await prepare(model);
    const open = (bytes: Uint8Array) => openSession(runtime, bytes, threads);
    const session = await open(onnxModelOf(graph));
    const feedsOf = feedMaker(runtime, graph);
    let stages: Promise<OnnxStages> | null = null;
    return {
      channels: graph.channels,
      radius: geometry.radius,
      blockRadius: geometry.blockRadius,
      multiple: geometry.multiple,
      bytesPerPixel: MEMORY_FACTOR * liveBytes,
      run: async (...tile) => {
        const answers: Runtime.InferenceSession.OnnxValueMapType = await session.run(feedsOf(...tile));
        return answers[graph.output]!.data as Float32Array;
      },
      runPart: async (tile, height, width, noiseFactor, part, signal) => {
        stages ??= OnnxStages.open(graph, open, runtime.Tensor);
        return (await stages).run(feedsOf(tile, height, width, noiseFactor), { width, height }, part, signal);
      },
      dispose: async () => {
        await session.release();
        await (await stages)?.release();
      },
    };
  },
};

function openSession(
  { InferenceSession }: typeof Runtime,
  model: Uint8Array,
  threads: number,
): Promise<Runtime.InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads > 0 ? threads : availableParallelism(),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Else it sets the memory of a whole tile aside once more, for the next tile of that size.
    enableMemPattern: false,
    // Its threads would otherwise spin between tiles and take the cores from decoding and encoding.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

/** Makes the inputs of a network from a tile and what it is told. */
function feedMaker({ Tensor }: typeof Runtime, graph: NetworkGraph) {
  const planeOf = noiseFactorPlanes();
  return (tile: Float32Array, height: number, width: number, noiseFactor: number) => {
    const tensor = (values: Float32Array, channels: number) =>
      new Tensor('float32', values, [1, height, width, channels]);
    const feeds: Record<string, Runtime.Tensor> = { [graph.noisy]: tensor(tile, graph.channels) };
    if (graph.noiseFactor !== null) {
      feeds[graph.noiseFactor] = tensor(planeOf(noiseFactor, height, width), 1);
    }
    return feeds;
  };
}

async function loadRuntime(): Promise<typeof Runtime> {
  // The library reports to its maker unless it is told not to before it is loaded.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const reason = saidBy(cause);
    throw new AppError('backend-unavailable', { backend: 'onnx', reason }, { cause });
  }
}
