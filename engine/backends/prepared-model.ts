import { buildNetwork } from '../../model/networks/build.ts';
import { geometryOf, type Geometry } from '../../model/networks/geometry.ts';
import type { LoadedModel } from '../models/load.ts';
import { onBackend } from './on-backend.ts';
import { graphOf, inputsOf, type NetworkGraph } from './graph.ts';

/** What every backend needs of a model before it builds something of its own. */
export interface PreparedModel {
  readonly graph: NetworkGraph;
  readonly geometry: Geometry;
  /** Most bytes that have to be there at the same time, for each pixel of a tile: see `liveBytes`. */
  readonly liveBytes: number;
}

/**
 * The graph of a model, from the network its card describes and its weights.
 * @throws AppError `model-unsuitable`
 */
export async function prepare({ card, weights }: LoadedModel): Promise<PreparedModel> {
  // Only the layers matter; the weights they are built with are thrown away.
  const graph = await onBackend('cpu', () => {
    const network = buildNetwork(card.network);
    try {
      return graphOf(network, weights, card.id);
    } finally {
      network.dispose();
    }
  });
  return { graph, geometry: geometryOf(card.network), liveBytes: liveBytes(graph) };
}

/**
 * Follows which answers are still needed at each step: the least memory any library can do with, in bytes for
 * each pixel of the picture. Convolution and activation count as one step.
 */
export function liveBytes({ nodes, output }: NetworkGraph): number {
  const lastUse = new Map<string, number>();
  nodes.forEach((node, step) => inputsOf(node).forEach((name) => lastUse.set(name, step)));
  lastUse.set(output, nodes.length);
  const sizes = new Map<string, { channels: number; scale: number }>();
  let live = 0;
  let most = 0;
  nodes.forEach((node, step) => {
    const from = inputsOf(node).map((name) => sizes.get(name)!);
    const [first = { channels: 0, scale: 1 }] = from;
    const size = (() => {
      switch (node.op) {
        case 'input':
          return { channels: node.channels, scale: 1 };
        case 'convolution':
          return { channels: node.kernel.shape[3]!, scale: first.scale / node.stride };
        case 'transposed-convolution':
          return { channels: node.kernel.shape[2]!, scale: first.scale * node.stride };
        case 'concatenate':
          return { channels: from.reduce((sum, { channels }) => sum + channels, 0), scale: first.scale };
        case 'add':
        case 'activation':
        case 'crop':
          return first;
      }
    })();
    const bytes = (name: string) => {
      const { channels, scale } = sizes.get(name)!;
      return 4 * channels * scale * scale;
    };
    sizes.set(node.name, size);
    live += bytes(node.name);
    // What enlarges is computed side by side first.
    const aside = node.op === 'transposed-convolution' ? bytes(node.name) : 0;
    most = Math.max(most, live + aside);
    for (const name of inputsOf(node)) if (lastUse.get(name) === step) live -= bytes(name);
  });
  return most;
}
