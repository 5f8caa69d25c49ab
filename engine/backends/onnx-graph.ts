import type { WeightValues } from '../../model/networks/weights.ts';
import { sideBySide, type Activation, type Convolution, type GraphNode, type NetworkGraph } from './graph.ts';
import {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxDescription,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-format.ts';

/**
 * Writes a network as an ONNX model (opset 17). Pictures go in and out as `[batch, height, width, channels]`, as
 * everywhere here; between, ONNX wants channels first, so the graph turns them itself. Batch, height and width are
 * free. Inputs and output have the names of the network's; each crop has two inputs more (`cropInputs`).
 */
export function onnxModelOf(graph: NetworkGraph, description: OnnxDescription | null = null): Uint8Array {
  const nodes: OnnxNode[] = [];
  const weights: OnnxTensor[] = [];
  for (const node of withInnerNames(graph)) {
    switch (node.op) {
      case 'input':
        nodes.push(transpose(node.outer, node.name, [0, 3, 1, 2]));
        break;
      case 'convolution':
      case 'transposed-convolution':
        nodes.push(...convolution(node, weights));
        break;
      case 'activation':
        nodes.push(...activation(node.activation, node.input, node.name));
        break;
      case 'add':
        nodes.push(...sum(node.inputs, node.name));
        break;
      case 'crop':
        nodes.push(slice(node.input, node.name, cropInputs(node.place)));
        break;
      case 'concatenate':
        nodes.push({
          opType: 'Concat',
          name: node.name,
          input: node.inputs,
          output: [node.name],
          attribute: [int('axis', 1)],
        });
        break;
    }
  }
  nodes.push(transpose(innerName(graph.output), graph.output, [0, 2, 3, 1]));
  const value = (name: string, channels: number) => ({ name, dims: ['batch', 'height', 'width', channels] });
  const inputs = graph.nodes.flatMap((node): OnnxValue[] => {
    if (node.op === 'input') return [value(node.name, node.channels)];
    if (node.op !== 'crop') return [];
    return Object.values(cropInputs(node.place)).map((name) => ({ name, dims: [4], type: 'int64' }));
  });
  const outputs = [value(graph.output, graph.channels)];
  return encodeOnnx({ name: 'network', nodes, weights, inputs, outputs }, description);
}

/** Where the rectangle of a crop goes in: first and end position of each axis, `[batch, channels, height, width]`. */
export const cropInputs = (place: string) => ({ starts: `${place}/starts`, ends: `${place}/ends` });

/** What goes in and out has the network's own names outside; turned, inside, it needs others. */
const innerName = (name: string): string => `${name}/channels_first`;

/** An input as it is called outside. */
type OuterInput = Extract<GraphNode, { op: 'input' }> & { readonly outer: string };

function withInnerNames({
  nodes,
  output,
}: NetworkGraph): (Exclude<GraphNode, { op: 'input' }> | OuterInput)[] {
  const turned = new Set([output, ...nodes.flatMap(({ op, name }) => (op === 'input' ? [name] : []))]);
  const inner = (name: string) => (turned.has(name) ? innerName(name) : name);
  return nodes.map((node) => {
    const name = inner(node.name);
    if (node.op === 'input') return { ...node, name, outer: node.name };
    if ('input' in node) return { ...node, name, input: inner(node.input) };
    return { ...node, name, inputs: node.inputs.map(inner) };
  });
}

function convolution(node: Convolution, weights: OnnxTensor[]): OnnxNode[] {
  const enlarging = node.op === 'transposed-convolution';
  const { kernel, bias } = enlarging ? sideBySide(node) : node;
  const stride = enlarging ? 1 : node.stride;
  const [height = 1, width = 1] = kernel.shape;
  const input = [node.input, `${node.name}/kernel`];
  weights.push({ name: `${node.name}/kernel`, ...channelsFirst(kernel) });
  if (bias) {
    input.push(`${node.name}/bias`);
    weights.push({ name: `${node.name}/bias`, dims: bias.shape, values: bias.values });
  }
  const linear = node.activation === 'linear' && !enlarging ? node.name : `${node.name}/linear`;
  const active = node.activation === 'linear' ? linear : enlarging ? `${node.name}/active` : node.name;
  const nodes: OnnxNode[] = [
    {
      opType: 'Conv',
      name: node.name,
      input,
      output: [linear],
      attribute: [
        ints('kernel_shape', [height, width]),
        ints('strides', [stride, stride]),
        ints('pads', samePads(height, width, stride)),
      ],
    },
  ];
  if (active !== linear) nodes.push(...activation(node.activation, linear, active));
  if (enlarging) nodes.push(depthToSpace(active, node.name, node.stride));
  return nodes;
}

function depthToSpace(input: string, output: string, stride: number): OnnxNode {
  const attribute = [int('blocksize', stride)];
  return { opType: 'DepthToSpace', name: `${output}/enlarge`, input: [input], output: [output], attribute };
}

function slice(input: string, output: string, { starts, ends }: ReturnType<typeof cropInputs>): OnnxNode {
  return { opType: 'Slice', name: `${output}/slice`, input: [input, starts, ends], output: [output] };
}

/** TensorFlow's `same`: what is missing is split between both sides, the odd one goes after. */
function samePads(height: number, width: number, stride: number): number[] {
  const [y, x] = [Math.max(0, height - stride), Math.max(0, width - stride)];
  return [Math.floor(y / 2), Math.floor(x / 2), Math.ceil(y / 2), Math.ceil(x / 2)];
}

/** `[height, width, in, out]` to `[out, in, height, width]`. */
function channelsFirst({ shape, values }: WeightValues): { dims: number[]; values: Float32Array } {
  const [height = 1, width = 1, a = 1, b = 1] = shape;
  const turned = new Float32Array(values.length);
  for (let from = 0, place = 0; place < height * width; place++) {
    for (let i = 0; i < a; i++) {
      for (let o = 0; o < b; o++) turned[(o * a + i) * height * width + place] = values[from++]!;
    }
  }
  return { dims: [b, a, height, width], values: turned };
}

function activation(kind: Activation, input: string, output: string): OnnxNode[] {
  const opType = { linear: 'Identity', relu: 'Relu', sigmoid: 'Sigmoid' }[kind];
  return [{ opType, name: `${output}/${kind}`, input: [input], output: [output] }];
}

/** ONNX adds two at a time. */
function sum(inputs: readonly string[], output: string): OnnxNode[] {
  return inputs.slice(1).map((right, i, { length }) => ({
    opType: 'Add',
    name: `${output}/${i}`,
    input: [i === 0 ? inputs[0]! : `${output}/sum${i - 1}`, right],
    output: [i === length - 1 ? output : `${output}/sum${i}`],
  }));
}

function transpose(input: string, output: string, order: readonly number[]): OnnxNode {
  return {
    opType: 'Transpose',
    name: `${output}/transpose`,
    input: [input],
    output: [output],
    attribute: [ints('perm', order)],
  };
}

const int = (name: string, i: number): OnnxAttribute => ({ name, i, type: 2 });
const ints = (name: string, values: readonly number[]): OnnxAttribute => ({ name, ints: values, type: 7 });
