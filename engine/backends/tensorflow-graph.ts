import { sideBySide, type Activation, type Convolution, type NetworkGraph } from './graph.ts';
import { encodeSavedModel, type TensorflowNode, type TensorflowShape } from './tensorflow-format.ts';

const FLOAT = 1;
const INT32 = 3;
const UINT8 = 4;
const float = { type: FLOAT };
const channelsLast = { s: new TextEncoder().encode('NHWC') };

/**
 * Writes a network as a TensorFlow graph (a SavedModel whose weights are constants), so that TensorFlow can
 * merge convolution, bias, activation and sum into one step and free memory as it goes. Inputs and output have
 * the names of the network's; height and width are free. 8-bit pictures go in and out by `byteNames`, and each crop
 * has two inputs more (`cropInputs`).
 */
export function savedModelOf(graph: NetworkGraph): Uint8Array {
  const nodes: TensorflowNode[] = byteInput(graph);
  for (const node of graph.nodes) {
    const { name } = node;
    switch (node.op) {
      case 'input': {
        if (name === graph.noisy) break; // comes from bytes, or is given in their place
        const shape = shapeOf([1, -1, -1, node.channels]);
        nodes.push({ name, op: 'Placeholder', input: [], attr: { dtype: float, shape: { shape } } });
        break;
      }
      case 'convolution':
      case 'transposed-convolution':
        nodes.push(...convolution(node));
        break;
      case 'activation':
        nodes.push(activation(node.activation, node.input, name));
        break;
      case 'add':
        nodes.push(...sum(node.inputs, name));
        break;
      case 'crop':
        nodes.push(...slice(node.input, name, cropInputs(node.place)));
        break;
      case 'concatenate':
        nodes.push(constant(`${name}/axis`, INT32, [], Int32Array.of(3)), {
          name,
          op: 'ConcatV2',
          input: [...node.inputs, `${name}/axis`],
          attr: { T: float, Tidx: { type: INT32 }, N: { i: node.inputs.length } },
        });
        break;
    }
  }
  return encodeSavedModel([...nodes, ...byteOutput(graph)]);
}

/** Where 8-bit samples go in, and come out as 32-bit integers; and the sum of the answer, which is finite if all of it is. */
export const byteNames = { input: 'bytes', output: 'answer_bytes', sum: 'answer_sum' } as const;

/** Where the rectangle of a crop goes in: first position and length along `[batch, height, width, channels]`; −1: all. */
export const cropInputs = (place: string) => ({ begin: `${place}/begin`, size: `${place}/size` });

function slice(
  input: string,
  name: string,
  { begin, size }: ReturnType<typeof cropInputs>,
): TensorflowNode[] {
  const given = (name: string): TensorflowNode => {
    const attr = { dtype: { type: INT32 }, shape: { shape: shapeOf([4]) } };
    return { name, op: 'Placeholder', input: [], attr };
  };
  const attr = { T: float, Index: { type: INT32 } };
  return [given(begin), given(size), { name, op: 'Slice', input: [input, begin, size], attr }];
}

/** The picture from bytes to [0, 1]; TensorFlow lets floats be given in the place of what is computed. */
function byteInput({ noisy, channels }: NetworkGraph): TensorflowNode[] {
  const shape = shapeOf([1, -1, -1, channels]);
  const { input } = byteNames;
  return [
    { name: input, op: 'Placeholder', input: [], attr: { dtype: { type: UINT8 }, shape: { shape } } },
    { name: `${input}/float`, op: 'Cast', input: [input], attr: { SrcT: { type: UINT8 }, DstT: float } },
    constant(`${input}/scale`, FLOAT, [], Float32Array.of(1 / 255)),
    { name: noisy, op: 'Mul', input: [`${input}/float`, `${input}/scale`], attr: { T: float } },
  ];
}

/**
 * The answer clipped and rounded to the nearest of 255 levels, four bytes to a 32-bit integer: the addon can't hand
 * out bytes.
 */
function byteOutput({ output }: NetworkGraph): TensorflowNode[] {
  const name = byteNames.output;
  const step = (part: string) => `${name}/${part}`;
  return [
    constant(step('white'), FLOAT, [], Float32Array.of(255)),
    constant(step('half'), FLOAT, [], Float32Array.of(0.5)),
    constant(step('black'), FLOAT, [], Float32Array.of(0)),
    constant(step('axes'), INT32, [4], Int32Array.of(0, 1, 2, 3)),
    { name: step('scaled'), op: 'Mul', input: [output, step('white')], attr: { T: float } },
    { name: step('above'), op: 'Maximum', input: [step('scaled'), step('black')], attr: { T: float } },
    { name: step('inside'), op: 'Minimum', input: [step('above'), step('white')], attr: { T: float } },
    // Casting cuts the fraction off.
    { name: step('raised'), op: 'AddV2', input: [step('inside'), step('half')], attr: { T: float } },
    { name: step('cut'), op: 'Cast', input: [step('raised')], attr: { SrcT: float, DstT: { type: UINT8 } } },
    constant(step('fours'), INT32, [2], Int32Array.of(-1, 4)),
    {
      name: step('grouped'),
      op: 'Reshape',
      input: [step('cut'), step('fours')],
      attr: { T: { type: UINT8 }, Tshape: { type: INT32 } },
    },
    { name, op: 'Bitcast', input: [step('grouped')], attr: { T: { type: UINT8 }, type: { type: INT32 } } },
    {
      name: byteNames.sum,
      op: 'Sum',
      input: [output, step('axes')],
      attr: { T: float, Tidx: { type: INT32 } },
    },
  ];
}

function convolution(node: Convolution): TensorflowNode[] {
  const { name } = node;
  const enlarging = node.op === 'transposed-convolution';
  const { kernel, bias } = enlarging ? sideBySide(node) : node;
  const stride = enlarging ? 1 : node.stride;
  const same = { s: new TextEncoder().encode('SAME') };
  const strides = { list: { i: [1, stride, stride, 1] } };
  const nodes = [constant(`${name}/kernel`, FLOAT, kernel.shape, kernel.values)];
  const steps: Omit<TensorflowNode, 'name'>[] = [
    {
      op: 'Conv2D',
      input: [node.input, `${name}/kernel`],
      attr: { T: float, strides, padding: same, data_format: channelsLast },
    },
  ];
  if (bias) {
    nodes.push(constant(`${name}/bias`, FLOAT, bias.shape, bias.values));
    steps.push({
      op: 'BiasAdd',
      input: ['', `${name}/bias`],
      attr: { T: float, data_format: channelsLast },
    });
  }
  if (node.activation !== 'linear') steps.push({ ...activation(node.activation, '', name) });
  if (enlarging) {
    const attr = { T: float, block_size: { i: node.stride }, data_format: channelsLast };
    steps.push({ op: 'DepthToSpace', input: [''], attr });
  }
  return [...nodes, ...chain(steps, name)];
}

/** Names steps so that each reads the one before (its empty first input) and the last one has the given name. */
function chain(steps: readonly Omit<TensorflowNode, 'name'>[], name: string): TensorflowNode[] {
  const nameOf = (i: number) => (i === steps.length - 1 ? name : `${name}/step${i}`);
  return steps.map((step, i) => {
    const [first = '', ...rest] = step.input;
    return { ...step, name: nameOf(i), input: [first === '' ? nameOf(i - 1) : first, ...rest] };
  });
}

function activation(kind: Activation, input: string, name: string): TensorflowNode {
  const op = { linear: 'Identity', relu: 'Relu', sigmoid: 'Sigmoid' }[kind];
  return { name, op, input: [input], attr: { T: float } };
}

/** Two at a time: those TensorFlow can merge with the convolution before. */
function sum(inputs: readonly string[], name: string): TensorflowNode[] {
  const [first = '', ...rest] = inputs;
  const steps = rest.map((right, i) => ({
    op: 'AddV2',
    input: [i === 0 ? first : '', right],
    attr: { T: float },
  }));
  return chain(steps, name);
}

function constant(
  name: string,
  dtype: number,
  shape: readonly number[],
  values: Float32Array | Int32Array,
): TensorflowNode {
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const tensor = { dtype, shape: shapeOf(shape), content };
  return { name, op: 'Const', input: [], attr: { dtype: { type: dtype }, value: { tensor } } };
}

const shapeOf = (sizes: readonly number[]): TensorflowShape => ({ dim: sizes.map((size) => ({ size })) });
