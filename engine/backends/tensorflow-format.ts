import protobuf from 'protobufjs';

const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });

const attributes: protobuf.IMapField = { keyType: 'string', type: 'AttrValue', id: 5 };

/**
 * The part of TensorFlow's file format (saved_model.proto, graph.proto and what they use) that a frozen
 * convolutional network needs, with its field numbers.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    SavedModel: {
      fields: { schemaVersion: { type: 'int64', id: 1 }, metaGraphs: repeated('MetaGraphDef', 2) },
    },
    MetaGraphDef: {
      fields: { metaInfo: { type: 'MetaInfoDef', id: 1 }, graph: { type: 'GraphDef', id: 2 } },
    },
    MetaInfoDef: { fields: { tags: repeated('string', 4) } },
    GraphDef: { fields: { node: repeated('NodeDef', 1), versions: { type: 'VersionDef', id: 4 } } },
    VersionDef: { fields: { producer: { type: 'int32', id: 1 } } },
    NodeDef: {
      fields: {
        name: { type: 'string', id: 1 },
        op: { type: 'string', id: 2 },
        input: repeated('string', 3),
        attr: attributes,
      },
    },
    AttrValue: {
      fields: {
        list: { type: 'ListValue', id: 1 },
        s: { type: 'bytes', id: 2 },
        i: { type: 'int64', id: 3 },
        type: { type: 'int32', id: 6 },
        shape: { type: 'TensorShape', id: 7 },
        tensor: { type: 'Tensor', id: 8 },
      },
    },
    ListValue: { fields: { i: repeated('int64', 3) } },
    TensorShape: { fields: { dim: repeated('Dimension', 2) } },
    Dimension: { fields: { size: { type: 'int64', id: 1 } } },
    Tensor: {
      fields: {
        dtype: { type: 'int32', id: 1 },
        shape: { type: 'TensorShape', id: 2 },
        content: { type: 'bytes', id: 4 },
      },
    },
  },
});

/** A value of an operation's attribute; exactly one field is there. */
export interface TensorflowAttribute {
  readonly list?: { readonly i: readonly number[] };
  readonly s?: Uint8Array;
  readonly i?: number;
  readonly type?: number;
  readonly shape?: TensorflowShape;
  readonly tensor?: {
    readonly dtype: number;
    readonly shape: TensorflowShape;
    readonly content: Uint8Array;
  };
}

/** −1 is a size that is not known yet. */
export interface TensorflowShape {
  readonly dim: readonly { readonly size: number }[];
}

export interface TensorflowNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, TensorflowAttribute>>;
}

/** The tag under which the graph is found in the file. */
export const SERVING_TAG = 'serve';

/** Old enough for every TensorFlow 2, new enough for every operation used here. */
const GRAPH_VERSION = 440;

/** Writes `saved_model.pb`: one graph whose weights are constants. */
export function encodeSavedModel(nodes: readonly TensorflowNode[]): Uint8Array {
  const graph = { node: nodes, versions: { producer: GRAPH_VERSION } };
  return root
    .lookupType('SavedModel')
    .encode({ schemaVersion: 1, metaGraphs: [{ metaInfo: { tags: [SERVING_TAG] }, graph }] })
    .finish();
}
