import { availableParallelism } from 'node:os';
import type * as Runtime from 'onnxruntime-node';
import { AppError, failureOf } from '../../contract/errors.ts';
import { phrase, saidBy } from '../../contract/texts/fill-in.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import type { Backend } from './backend.ts';
import { cropsFor, withCrops } from './crops.ts';
import type { NetworkGraph } from './graph.ts';
import { noiseFactorPlanes } from './noise-factor-plane.ts';
import { cropInputs, onnxModelOf } from './onnx-graph.ts';
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
    const open = (opened: NetworkGraph) => openSession(runtime, onnxModelOf(opened), threads);
    const session = await open(graph);
    const cropped = withCrops(graph);
    // A session of its own, for who looks at parts: crops of all of a tile would each be a copy.
    let ofParts: Promise<Runtime.InferenceSession> | null = null;
    const openForParts = () =>
      open(cropped).catch((error: unknown) => {
        ofParts = null;
        throw error;
      });
    const feedsOf = feedMaker(runtime, graph);
    const answerOf = (answers: Runtime.InferenceSession.OnnxValueMapType) =>
      answers[graph.output]!.data as Float32Array;
    return {
      channels: graph.channels,
      radius: geometry.radius,
      blockRadius: geometry.blockRadius,
      multiple: geometry.multiple,
      bytesPerPixel: MEMORY_FACTOR * liveBytes,
      run: async (...tile) => answerOf(await session.run(feedsOf(...tile))),
      runPart: async (tile, height, width, noiseFactor, part) => {
        ofParts ??= openForParts();
        const crops = cropFeeds(runtime, cropsFor(cropped, { width, height }, part));
        const feeds = { ...feedsOf(tile, height, width, noiseFactor), ...crops };
        return answerOf(await (await ofParts).run(feeds));
      },
      dispose: async () => {
        await session.release();
        await (await ofParts)?.release();
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

/** The places of all crops, from the first to before the last; whole along the batch and the channels. */
function cropFeeds(
  { Tensor }: typeof Runtime,
  crops: ReadonlyMap<string, Rectangle>,
): Record<string, Runtime.Tensor> {
  const all = BigInt(Number.MAX_SAFE_INTEGER);
  const tensor = (...positions: bigint[]) => new Tensor('int64', BigInt64Array.from(positions), [4]);
  const feeds: Record<string, Runtime.Tensor> = {};
  for (const [place, { x, y, width, height }] of crops) {
    const { starts, ends } = cropInputs(place);
    feeds[starts] = tensor(0n, 0n, BigInt(y), BigInt(x));
    feeds[ends] = tensor(all, all, BigInt(y + height), BigInt(x + width));
  }
  return feeds;
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
