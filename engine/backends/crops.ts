import { readBy, type Stretch } from '../../model/networks/geometry.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import { inputsOf, type GraphNode, type NetworkGraph } from './graph.ts';

/**
 * A network whose answer can be had for a part of a tile. The last layers look only a few pixels beyond what is wanted,
 * the first ones as far as the receptive field: on the way up to full size each enlarged answer, and the skip that is
 * added to it, is cropped to what is still going to be read. The same sums of the same numbers, only fewer of them.
 */
export function withCrops(graph: NetworkGraph): NetworkGraph {
  // Before the last step down a crop might begin between two of its steps.
  const lastDown = graph.nodes.findLastIndex((node) => node.op === 'convolution' && node.stride > 1);
  const enlarged = new Set<string>();
  /** The crop whose extent an answer has; the extent of the tile where there is none. */
  const extents = new Map<string, string | undefined>();
  const nodes = graph.nodes.flatMap((node, at): GraphNode[] => {
    const inputs = inputsOf(node);
    const several = new Set(inputs.map((input) => extents.get(input))).size > 1;
    const crops = at > lastDown && (several || inputs.some((input) => enlarged.has(input)));
    extents.set(node.name, crops ? node.name : extents.get(inputs[0] ?? ''));
    if (node.op === 'transposed-convolution') enlarged.add(node.name);
    const steps = crops ? cropBefore(node) : [node];
    return node.name === graph.output && !(crops && keepsExtent(node)) ? cropAfter(steps) : steps;
  });
  return { ...graph, nodes };
}

const keepsExtent = ({ op }: GraphNode): boolean => op === 'add' || op === 'concatenate';

/** All that a step reads. */
function cropBefore(node: GraphNode): GraphNode[] {
  const nameOf = (input: string) => `${node.name}/part/${input}`;
  const crops = inputsOf(node).map((input) => cropOf(input, nameOf(input)));
  if ('input' in node) return [...crops, { ...node, input: nameOf(node.input) }];
  return 'inputs' in node ? [...crops, { ...node, inputs: node.inputs.map(nameOf) }] : [node];
}

/** The last of some steps; what is cropped of it gets its name. */
function cropAfter(steps: readonly GraphNode[]): GraphNode[] {
  const last = steps.at(-1)!;
  const whole = `${last.name}/whole`;
  return [...steps.slice(0, -1), { ...last, name: whole }, cropOf(whole, last.name)];
}

const cropOf = (input: string, name: string): GraphNode => ({ op: 'crop', name, input, place: name });

/**
 * What each crop keeps of its input where of a tile's answer only a part is wanted, by the names under which it is given.
 * Where the part ends at the tile's border so do the crops: there each layer pads as for the whole tile.
 */
export function cropsFor(
  graph: NetworkGraph,
  tile: { readonly width: number; readonly height: number },
  part: Rectangle,
): ReadonlyMap<string, Rectangle> {
  const columns = cropsAlong(graph, tile.width, { first: part.x, last: part.x + part.width - 1 });
  const rows = cropsAlong(graph, tile.height, { first: part.y, last: part.y + part.height - 1 });
  return new Map(
    [...columns].map(([place, { first: x, last: right }]) => {
      const { first: y, last: bottom } = rows.get(place)!;
      return [place, { x, y, width: right - x + 1, height: bottom - y + 1 }];
    }),
  );
}

function cropsAlong(graph: NetworkGraph, length: number, wanted: Stretch): Map<string, Stretch> {
  const needed = neededAlong(graph, length, wanted);
  /** What is there of each answer, in its own positions. */
  const there = new Map<string, Stretch>();
  const crops = new Map<string, Stretch>();
  for (const node of graph.nodes) {
    const [input = { first: 0, last: length - 1 }] = inputsOf(node).map((name) => there.get(name)!);
    there.set(node.name, node.op === 'crop' ? needed.get(node.name)! : scaled(node, input));
    if (node.op !== 'crop') continue;
    const { first, last } = needed.get(node.name)!;
    crops.set(node.place, { first: first - input.first, last: last - input.first });
  }
  return crops;
}

/** The stretch of each answer on which the wanted one depends. */
function neededAlong({ nodes, output }: NetworkGraph, length: number, wanted: Stretch): Map<string, Stretch> {
  const whole = new Map<string, Stretch>();
  for (const node of nodes) {
    const [input = { first: 0, last: length - 1 }] = inputsOf(node).map((name) => whole.get(name)!);
    whole.set(node.name, scaled(node, input));
  }
  const needed = new Map([[output, wanted]]);
  for (const node of [...nodes].reverse()) {
    const own = needed.get(node.name);
    if (!own) continue;
    for (const input of inputsOf(node)) {
      const read = readByNode(own, node);
      const { first, last } = needed.get(input) ?? read;
      const end = whole.get(input)!.last;
      const union = { first: Math.min(first, read.first), last: Math.max(last, read.last) };
      needed.set(input, { first: Math.max(0, union.first), last: Math.min(end, union.last) });
    }
  }
  return needed;
}

/** Where the answer of a step lies whose input lies there. */
function scaled(node: GraphNode, { first, last }: Stretch): Stretch {
  if (node.op === 'convolution') return { first: first / node.stride, last: (last + 1) / node.stride - 1 };
  if (node.op !== 'transposed-convolution') return { first, last };
  return { first: first * node.stride, last: (last + 1) * node.stride - 1 };
}

function readByNode(answer: Stretch, node: GraphNode): Stretch {
  if (node.op !== 'convolution' && node.op !== 'transposed-convolution') return answer;
  const transposed = node.op === 'transposed-convolution';
  // Of one that is not square the longer side: to keep too much does no harm.
  const kernel = Math.max(node.kernel.shape[0]!, node.kernel.shape[1]!);
  return readBy(answer, { kernel, stride: node.stride, transposed });
}
