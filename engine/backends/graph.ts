import type { LayersModel } from '@tensorflow/tfjs';
import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { PhraseKey } from '../../contract/texts/phrases-en.ts';
import type { NamedWeights, WeightValues } from '../../model/networks/weights.ts';

export type Activation = 'linear' | 'relu' | 'sigmoid';

/**
 * One step of a network, in the order of computation. Padding is `same` throughout: the answer of a
 * convolution has its input's size divided by the stride, that of a transposed one its size times the stride.
 */
export type GraphNode =
  | { readonly op: 'input'; readonly name: string; readonly channels: number }
  | {
      readonly op: 'convolution' | 'transposed-convolution';
      readonly name: string;
      readonly input: string;
      /** `[height, width, in, out]`; for a transposed one `[height, width, out, in]`. */
      readonly kernel: WeightValues;
      readonly bias: WeightValues | null;
      readonly stride: number;
      readonly activation: Activation;
    }
  | {
      readonly op: 'activation';
      readonly name: string;
      readonly input: string;
      readonly activation: Activation;
    }
  | {
      /** Keeps a rectangle of its input; which one is said for each run (`cropsFor`). */
      readonly op: 'crop';
      readonly name: string;
      readonly input: string;
      /** The name under which the rectangle is given. */
      readonly place: string;
    }
  | { readonly op: 'add' | 'concatenate'; readonly name: string; readonly inputs: readonly string[] };

export type Convolution = Extract<GraphNode, { op: 'convolution' | 'transposed-convolution' }>;

/** A network as plain data: what every backend but TensorFlow's own layers builds from. */
export interface NetworkGraph {
  readonly nodes: readonly GraphNode[];
  /** The picture. */
  readonly noisy: string;
  /** The plane that tells the noise factor, where the network has one. */
  readonly noiseFactor: string | null;
  readonly output: string;
  /** Channels of the picture and of the answer. */
  readonly channels: 1 | 3;
}

interface LayerConfig {
  readonly strides?: number | readonly number[];
  readonly activation?: string;
  readonly padding?: string;
  readonly useBias?: boolean;
  readonly axis?: number;
}

/**
 * Reads a network's layers into a graph, with the weights by name.
 * @throws AppError `model-unsuitable` for a layer that no backend but TensorFlow could run
 */
export function graphOf(network: LayersModel, weights: NamedWeights, model: string): NetworkGraph {
  const nodes = network.layers.map((layer): GraphNode => {
    const name = layer.name;
    const config = layer.getConfig() as LayerConfig;
    const inputs = layer.inboundNodes[0]?.inboundLayers.map((inbound) => inbound.name) ?? [];
    const refuse = (what: PhraseKey, kind = ''): never => {
      throw new AppError('model-unsuitable', { model, reason: phrase(what, { name, named: kind }) });
    };
    switch (layer.getClassName()) {
      case 'InputLayer':
        return { op: 'input', name, channels: Number((layer.outputShape as number[]).at(-1)) };
      case 'Conv2D':
      case 'Conv2DTranspose': {
        const [stride, other] = [config.strides].flat();
        if (config.padding !== 'same' || stride === undefined || (other ?? stride) !== stride) {
          return refuse('model-layer-convolution');
        }
        const kernel = weights.get(`${name}/kernel`);
        if (!kernel) return refuse('model-layer-no-weights');
        return {
          op: layer.getClassName() === 'Conv2D' ? 'convolution' : 'transposed-convolution',
          name,
          input: inputs[0] ?? refuse('model-layer-no-input'),
          kernel,
          bias: config.useBias ? (weights.get(`${name}/bias`) ?? refuse('model-layer-no-bias')) : null,
          stride,
          activation:
            activationNamed(config.activation) ?? refuse('model-layer-activation', config.activation),
        };
      }
      case 'Activation':
      case 'ReLU': {
        const named = layer.getClassName() === 'ReLU' ? 'relu' : config.activation;
        const activation = activationNamed(named) ?? refuse('model-layer-activation', named);
        return { op: 'activation', name, input: inputs[0] ?? refuse('model-layer-no-input'), activation };
      }
      case 'Add':
        return { op: 'add', name, inputs };
      case 'Concatenate':
        return { op: 'concatenate', name, inputs };
      default:
        return refuse('model-layer-unknown', layer.getClassName());
    }
  });
  return wholeGraph(nodes, network, model);
}

function activationNamed(name: string | undefined): Activation | null {
  return name === undefined || name === 'linear'
    ? 'linear'
    : name === 'relu' || name === 'sigmoid'
      ? name
      : null;
}

function wholeGraph(nodes: readonly GraphNode[], network: LayersModel, model: string): NetworkGraph {
  const [noisy, noiseFactor] = network.inputNames;
  const output = network.outputNames[0];
  const channels = (network.outputs[0]?.shape ?? []).at(-1);
  if (noisy === undefined || output === undefined || (channels !== 1 && channels !== 3)) {
    throw new AppError('model-unsuitable', {
      model,
      reason: phrase('model-not-one-picture'),
    });
  }
  return { nodes, noisy, noiseFactor: noiseFactor ?? null, output, channels };
}

/**
 * A transposed convolution as an ordinary one that computes all `stride × stride` pixels of the enlarged
 * answer at each place of the input, as channels that are then laid out side by side (depth to space, row
 * before column, `[…, stride · stride · out]`). The same sums; the libraries' ordinary convolutions are several
 * times faster.
 */
export function sideBySide(node: Convolution): {
  readonly kernel: WeightValues;
  readonly bias: WeightValues | null;
} {
  const { stride, kernel, bias } = node;
  const [height = 1, width = 1, out = 1, from = 1] = kernel.shape;
  const rows = Array.from({ length: height }, (_, y) => target(y, height, stride));
  const columns = Array.from({ length: width }, (_, x) => target(x, width, stride));
  const reach = Math.max(...[...rows, ...columns].map(({ step }) => Math.abs(step)));
  const side = 2 * reach + 1;
  const channels = stride * stride * out;
  const values = new Float32Array(side * side * from * channels);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const place = (reach - row.step) * side + (reach - column.step);
      const pixel = row.phase * stride + column.phase;
      for (let i = 0; i < from; i++) {
        for (let o = 0; o < out; o++) {
          values[(place * from + i) * channels + pixel * out + o] =
            kernel.values[((y * width + x) * out + o) * from + i]!;
        }
      }
    });
  });
  const repeated = bias && new Float32Array(channels).map((_, i) => bias.values[i % out]!);
  return {
    kernel: { shape: [side, side, from, channels], values },
    bias: repeated && { shape: [channels], values: repeated },
  };
}

/** Where a tap of the kernel writes: a pixel of the answer's grid (`phase`) some steps of the input away. */
function target(tap: number, size: number, stride: number): { phase: number; step: number } {
  const offset = tap - Math.floor(Math.max(0, size - stride) / 2); // TensorFlow's `same`
  const step = Math.floor(offset / stride);
  return { phase: offset - step * stride, step };
}

/** What each step reads. */
export function inputsOf(node: GraphNode): readonly string[] {
  switch (node.op) {
    case 'input':
      return [];
    case 'convolution':
    case 'transposed-convolution':
    case 'activation':
    case 'crop':
      return [node.input];
    case 'add':
    case 'concatenate':
      return node.inputs;
  }
}
