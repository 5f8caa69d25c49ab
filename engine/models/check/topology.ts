import type { LayersLayer, LayersTopology } from '../../../contract/layers-model.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import type { Refuse } from './refusal.ts';

/** One layer as far as its answer goes: what it computes, from what. */
export type TopologyLayer =
  | { readonly op: 'input'; readonly name: string; readonly inputs: readonly []; readonly channels: number }
  | {
      readonly op: 'convolution' | 'transposed-convolution';
      readonly name: string;
      readonly inputs: readonly string[];
      readonly filters: number;
      readonly kernel: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly activation: string;
      readonly bias: boolean;
    }
  | {
      readonly op: 'activation';
      readonly name: string;
      readonly inputs: readonly string[];
      readonly activation: string;
    }
  | { readonly op: 'add' | 'concatenate'; readonly name: string; readonly inputs: readonly string[] };

/** A network as `model.json` declares it. Nothing is built from it. */
export interface Topology {
  /** Each after those it reads. */
  readonly layers: readonly TopologyLayer[];
  /** The picture, and where there is one the plane that tells the noise factor. */
  readonly inputs: readonly string[];
  readonly output: string;
}

/**
 * Reads the layers that a model declares.
 * @throws AppError `model-invalid` where a name is used twice, or where layers wait for each other
 */
export function readTopology(declared: LayersTopology, refuse: Refuse): Topology {
  if (declared.class_name === 'Sequential') return chainOf(declared.config.layers, refuse);
  const layers = declared.config.layers.map((layer) => {
    if (layer.name !== layer.config.name)
      throw refuse(phrase('model-layer-names', { name: layer.config.name }));
    return layerOf(
      layer,
      (layer.inbound_nodes ?? []).flat().map(([name]) => name),
    );
  });
  return whole(
    layers,
    declared.config.input_layers.map(([name]) => name),
    declared.config.output_layers[0]![0],
    refuse,
  );
}

/** A sequence leaves out its input layer, and each layer reads the one before. */
function chainOf(declared: readonly LayersLayer[], refuse: Refuse): Topology {
  const shape = declared[0]?.config.batch_input_shape;
  if (!shape) throw refuse(phrase('model-takes-unsaid'));
  const first = declared[0]?.class_name === 'InputLayer' ? declared[0].config.name : 'input';
  const layers: TopologyLayer[] = [{ op: 'input', name: first, inputs: [], channels: shape[3] }];
  for (const layer of declared) {
    if (layer !== declared[0] || layer.class_name !== 'InputLayer') {
      layers.push(layerOf(layer, [layers.at(-1)!.name]));
    }
  }
  return whole(layers, [first], layers.at(-1)!.name, refuse);
}

function layerOf({ class_name, config }: LayersLayer, inputs: readonly string[]): TopologyLayer {
  const { name } = config;
  switch (class_name) {
    case 'InputLayer':
      return { op: 'input', name, inputs: [], channels: config.batch_input_shape[3] };
    case 'Conv2D':
    case 'Conv2DTranspose':
      return {
        op: class_name === 'Conv2D' ? 'convolution' : 'transposed-convolution',
        name,
        inputs,
        filters: config.filters,
        kernel: config.kernel_size,
        strides: config.strides,
        activation: config.activation ?? 'linear',
        bias: config.use_bias ?? true,
      };
    case 'Activation':
      return { op: 'activation', name, inputs, activation: config.activation };
    case 'ReLU':
      return { op: 'activation', name, inputs, activation: 'relu' };
    case 'Add':
      return { op: 'add', name, inputs };
    case 'Concatenate':
      return { op: 'concatenate', name, inputs };
  }
}

function whole(
  layers: readonly TopologyLayer[],
  inputs: readonly string[],
  output: string,
  refuse: Refuse,
): Topology {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw refuse(phrase('model-layer-twice', { name }));
    names.add(name);
  }
  for (const { op, name, inputs: read } of layers) {
    const expected = op === 'input' ? 0 : op === 'add' || op === 'concatenate' ? 2 : 1;
    if (read.length < expected || (expected === 1 && read.length > 1)) {
      throw refuse(phrase('model-layer-inputs', { name, count: read.length }));
    }
    const unknown = read.find((input) => !names.has(input));
    if (unknown !== undefined) throw refuse(phrase('model-layer-reads', { name, input: unknown }));
  }
  const declaredInputs = layers.flatMap(({ op, name }) => (op === 'input' ? [name] : []));
  if ([...declaredInputs].sort().join() !== [...inputs].sort().join()) {
    throw refuse(phrase('model-inputs-differ'));
  }
  if (!names.has(output)) throw refuse(phrase('model-answer-absent', { name: output }));
  return { layers: inOrder(layers, refuse), inputs, output };
}

/** Each layer after those it reads (Kahn's algorithm, one sweep a step: at most 512 layers). */
function inOrder(layers: readonly TopologyLayer[], refuse: Refuse): TopologyLayer[] {
  const done = new Set<string>();
  const ordered: TopologyLayer[] = [];
  let waiting = [...layers];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ inputs }) => inputs.every((input) => done.has(input)));
    if (ready.length === 0) throw refuse(phrase('model-layer-circle', { name: waiting[0]!.name }));
    for (const layer of ready) done.add(layer.name);
    ordered.push(...ready);
    waiting = waiting.filter(({ name }) => !done.has(name));
  }
  return ordered;
}

/**
 * A layer that nothing reads does nothing: no network of this app has one.
 * @throws AppError `model-invalid`
 */
export function refuseUnread({ layers, output }: Topology, refuse: Refuse): void {
  const read = new Set(layers.flatMap(({ inputs }) => inputs));
  const unread = layers.find(({ name }) => name !== output && !read.has(name));
  if (unread) throw refuse(phrase('model-layer-unread', { name: unread.name }));
}

/** Whether two networks compute the same from weights of the same names. */
export function sameTopology(a: Topology, b: Topology): boolean {
  return fingerprint(a) === fingerprint(b);
}

/** Every object here is made by `layerOf`, so its keys come in one order. */
function fingerprint({ layers, inputs, output }: Topology): string {
  const byName = [...layers].sort((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify([byName, inputs, output]);
}
