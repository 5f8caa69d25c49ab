import {
  inputsOf,
  lastUsesOf,
  shapesOf,
  valuesPerPixel,
  type AnswerShape,
  type GraphNode,
  type NetworkGraph,
} from './graph.ts';

/** Consecutive steps of a network that are run by themselves. */
export interface Stage {
  /** With those of the network's inputs that they read. */
  readonly nodes: readonly GraphNode[];
  /** Answers of earlier stages that are read here. */
  readonly takes: readonly string[];
  /** Answers that later stages read; the network's own, of the last one. */
  readonly gives: readonly string[];
  /** Answers of earlier stages that are read here and by no later one. */
  readonly last: readonly string[];
}

/** A network is cut into as many stages of about the same work; into fewer where a single step has most of it. */
const MOST_STAGES = 5;

/**
 * A network cut into stages, so that a run of it which nobody waits for any more can be left between two: where little has
 * to be carried from one to the next. The same steps in the same order.
 */
export function stagesOf(graph: NetworkGraph): Stage[] {
  const shapes = shapesOf(graph);
  const cuts = cutsOf(graph, workOf(graph, shapes), carriedAfter(graph, shapes));
  const ends = [...cuts, graph.nodes.length];
  return ends.map((end, at) => stageOf(graph, ends[at - 1] ?? 0, end));
}

function stageOf({ nodes, output }: NetworkGraph, from: number, end: number): Stage {
  const inputs = nodes.filter(({ op }) => op === 'input');
  const given = new Set(inputs.map(({ name }) => name));
  const before = new Set(nodes.slice(0, from).map(({ name }) => name));
  const own = nodes.slice(from, end).filter(({ op }) => op !== 'input');
  const read = new Set(own.flatMap((node) => inputsOf(node)));
  const later = new Set([output, ...nodes.slice(end).flatMap((node) => inputsOf(node))]);
  const takes = [...read].filter((name) => before.has(name) && !given.has(name));
  return {
    nodes: [...inputs.filter(({ name }) => read.has(name)), ...own],
    takes,
    gives: own.map(({ name }) => name).filter((name) => later.has(name)),
    last: takes.filter((name) => !later.has(name)),
  };
}

/** Where stages begin but the first: near equal shares of the work, where least is carried. */
function cutsOf({ nodes }: NetworkGraph, worked: readonly number[], carried: readonly number[]): number[] {
  const all = worked.at(-1)!;
  const cuts: number[] = [];
  for (let stage = 1; stage < MOST_STAGES; stage++) {
    const away = (at: number) => Math.abs(worked[at]! / all - stage / MOST_STAGES);
    const near = nodes.flatMap((_, at) => (away(at) < 0.5 / MOST_STAGES ? [at] : []));
    const least = Math.min(...near.map((at) => carried[at]!));
    const best = near.find((at) => carried[at] === least);
    if (best !== undefined) cuts.push(best + 1);
  }
  return cuts;
}

/** Multiply-adds up to and with each step, for each pixel of the picture. */
function workOf({ nodes }: NetworkGraph, shapes: ReadonlyMap<string, AnswerShape>): number[] {
  let sum = 0;
  return nodes.map((node) => {
    if (node.op !== 'convolution' && node.op !== 'transposed-convolution') return sum;
    // A kernel is applied once for each place of the smaller side.
    const { scale } = shapes.get(node.op === 'convolution' ? node.name : node.input)!;
    sum += node.kernel.values.length * scale * scale;
    return sum;
  });
}

/** What later steps read after each step of all that was computed so far, in numbers for each pixel of the picture. */
function carriedAfter(graph: NetworkGraph, shapes: ReadonlyMap<string, AnswerShape>): number[] {
  const { nodes } = graph;
  const lastUse = lastUsesOf(graph);
  return nodes.map((_, step) => {
    const open = nodes
      .slice(0, step + 1)
      .filter(({ op, name }) => op !== 'input' && lastUse.get(name)! > step);
    return open.reduce((sum, { name }) => sum + valuesPerPixel(shapes.get(name)!), 0);
  });
}
