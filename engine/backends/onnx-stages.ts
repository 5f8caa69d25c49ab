import { setImmediate } from 'node:timers/promises';
import type * as Runtime from 'onnxruntime-node';
import type { Rectangle } from '../../contract/rectangle.ts';
import { cropsFor, withCrops } from './crops.ts';
import type { NetworkGraph } from './graph.ts';
import { cropInputs, onnxStageOf } from './onnx-graph.ts';
import { stagesOf, type Stage } from './stages.ts';

type Values = Record<string, Runtime.Tensor>;

/** A network that answers for a part of a tile, in stages between which it can be told to stop. */
export class OnnxStages {
  readonly #graph: NetworkGraph;
  readonly #stages: readonly { readonly stage: Stage; readonly session: Runtime.InferenceSession }[];
  readonly #tensor: Runtime.TensorConstructor;

  private constructor(
    graph: NetworkGraph,
    stages: readonly { stage: Stage; session: Runtime.InferenceSession }[],
    tensor: Runtime.TensorConstructor,
  ) {
    this.#graph = graph;
    this.#stages = stages;
    this.#tensor = tensor;
  }

  /** @param open makes a session of a model */
  static async open(
    whole: NetworkGraph,
    open: (model: Uint8Array) => Promise<Runtime.InferenceSession>,
    tensor: Runtime.TensorConstructor,
  ): Promise<OnnxStages> {
    const graph = withCrops(whole);
    const opened = stagesOf(graph).map(async (stage) => ({
      stage,
      session: await open(onnxStageOf(graph, stage)),
    }));
    return new OnnxStages(graph, await Promise.all(opened), tensor);
  }

  /**
   * @param inputs of the network, by name
   * @throws the signal's reason when aborted
   */
  async run(
    inputs: Values,
    tile: { readonly width: number; readonly height: number },
    part: Rectangle,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const crops = this.#cropInputs(cropsFor(this.#graph, tile, part));
    const values: Values = { ...inputs, ...crops };
    for (const { stage, session } of this.#stages) {
      await setImmediate(); // what was said meanwhile is heard
      signal.throwIfAborted();
      const feeds = session.inputNames.map((name): [string, Runtime.Tensor] => [name, values[name]!]);
      const answers: Values = await session.run(Object.fromEntries(feeds));
      Object.assign(values, answers);
      for (const name of stage.last) delete values[name];
    }
    return values[this.#graph.output]!.data as Float32Array;
  }

  async release(): Promise<void> {
    for (const { session } of this.#stages) await session.release();
  }

  /** The places of all crops, from the first to before the last; whole along the batch and the channels. */
  #cropInputs(crops: ReadonlyMap<string, Rectangle>): Values {
    const all = BigInt(Number.MAX_SAFE_INTEGER);
    const tensor = (...positions: bigint[]) => new this.#tensor('int64', BigInt64Array.from(positions), [4]);
    const values: Values = {};
    for (const [place, { x, y, width, height }] of crops) {
      const { starts, ends } = cropInputs(place);
      values[starts] = tensor(0n, 0n, BigInt(y), BigInt(x));
      values[ends] = tensor(all, all, BigInt(y + height), BigInt(x + width));
    }
    return values;
  }
}
