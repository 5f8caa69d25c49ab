import protobuf from 'protobufjs';

/**
 * The part of ONNX's file format (onnx.proto, IR version 8) that a convolutional network needs, with its field
 * numbers.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        producerVersion: { type: 'string', id: 3 },
        docString: { type: 'string', id: 6 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
        metadataProps: { rule: 'repeated', type: 'StringStringEntryProto', id: 14 },
      },
    },
    StringStringEntryProto: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        i: { type: 'int64', id: 3 },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        type: { type: 'int32', id: 20 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
    TypeProto: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    TensorType: {
      fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } },
    },
    TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
    Dimension: { fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } } },
  },
});

export interface OnnxNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute?: readonly OnnxAttribute[];
}

export interface OnnxAttribute {
  readonly name: string;
  readonly i?: number;
  readonly ints?: readonly number[];
  /** 2 INT, 7 INTS. */
  readonly type: 2 | 7;
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** A tensor that goes in or out, float32 unless said; a side that is not known yet has a name instead of a length. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: readonly (number | string)[];
  readonly type?: 'float32' | 'int64';
}

/** What a file says about itself. */
export interface OnnxDescription {
  readonly producerVersion: string;
  readonly text: string;
  readonly properties: Readonly<Record<string, string>>;
}

const float32 = 1;
const int64 = 7;

/** Half of a character, which a card's JSON can hold, is no UTF-8: a strict reader would refuse the whole file. */
const wellFormed = (text: string): string => Buffer.from(text).toString('utf8');

/** Writes a model file. Every weight is float32. */
export function encodeOnnx(
  graph: {
    readonly name: string;
    readonly nodes: readonly OnnxNode[];
    readonly weights: readonly OnnxTensor[];
    readonly inputs: readonly OnnxValue[];
    readonly outputs: readonly OnnxValue[];
  },
  description: OnnxDescription | null = null,
): Uint8Array {
  const model = root.lookupType('ModelProto');
  const valueInfo = ({ name, dims, type = 'float32' }: OnnxValue) => ({
    name,
    type: {
      tensorType: {
        elemType: type === 'float32' ? float32 : int64,
        shape: { dim: dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) },
      },
    },
  });
  const initializer = graph.weights.map(({ name, dims, values }) => ({
    name,
    dims,
    dataType: float32,
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }));
  return model
    .encode({
      irVersion: 8,
      producerName: 'unspeckle',
      producerVersion: description && wellFormed(description.producerVersion),
      docString: description && wellFormed(description.text),
      metadataProps: Object.entries(description?.properties ?? {}).map(([key, value]) => ({
        key,
        value: wellFormed(value),
      })),
      opsetImport: [{ domain: '', version: 17 }],
      graph: {
        name: graph.name,
        node: graph.nodes,
        initializer,
        input: graph.inputs.map(valueInfo),
        output: graph.outputs.map(valueInfo),
      },
    })
    .finish();
}
