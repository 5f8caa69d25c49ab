import { z } from 'zod';

/**
 * `model.json` of a model folder: the part of TensorFlow.js's Layers format that our networks use. Closed on
 * purpose: a key, a layer or a number that is not listed here is refused before anything is made of it.
 */

/** More than twice the weights of the largest network that a person can ask for by name; 64 MB of them. */
export const mostParameters = 16 * 2 ** 20;
/** So much is read of `model.json`. */
export const mostTopologyBytes = 4 * 2 ** 20;

const name = z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/);
const classNamed = z.strictObject({
  class_name: z.string().max(100),
  // How weights were drawn before training: nothing of it is used.
  config: z.record(z.string().max(100), z.union([z.string().max(100), z.number(), z.boolean(), z.null()])),
});
const side = z.int().min(1).max(15);
/** Powers of two, so that a size divided and multiplied again is compared exactly. */
const stride = z.literal([1, 2, 4]);
const batchInputShape = z.tuple([
  z.null(),
  z.int().min(1).max(16_384).nullable(),
  z.int().min(1).max(16_384).nullable(),
  z.int().min(1).max(16),
]);

const layer = {
  name,
  trainable: z.boolean().optional(),
  dtype: z.literal('float32').optional(),
  batch_input_shape: batchInputShape.optional(),
};

const activation = z.enum(['linear', 'relu', 'sigmoid']);

const convolution = {
  ...layer,
  filters: z.int().min(1).max(2048),
  kernel_size: z.tuple([side, side]),
  strides: z.tuple([stride, stride]),
  padding: z.literal('same'),
  data_format: z.literal('channels_last').optional(),
  activation: activation.optional(),
  use_bias: z.boolean().optional(),
  kernel_initializer: classNamed.optional(),
  bias_initializer: classNamed.optional(),
  kernel_regularizer: z.null().optional(),
  bias_regularizer: z.null().optional(),
  activity_regularizer: z.null().optional(),
  kernel_constraint: z.null().optional(),
  bias_constraint: z.null().optional(),
};

const undilated = z.tuple([z.literal(1), z.literal(1)]).optional();

/** Which tensor of which layer: layer, call, output. A layer of ours is called once and answers once. */
const tensor = z.union([
  z.tuple([name, z.literal(0), z.literal(0)]),
  z.tuple([name, z.literal(0), z.literal(0), z.strictObject({})]),
]);

/** In a list of layers each kind comes with these; a sequence has no `name` and `inbound_nodes` beside it. */
const place = {
  name: name.optional(),
  inbound_nodes: z.array(z.array(tensor).max(16)).max(1).optional(),
};

const anyLayer = z.discriminatedUnion('class_name', [
  z.strictObject({
    ...place,
    class_name: z.literal('InputLayer'),
    config: z.strictObject({
      ...layer,
      batch_input_shape: batchInputShape,
      sparse: z.literal(false).optional(),
    }),
  }),
  z.strictObject({
    ...place,
    class_name: z.literal('Conv2D'),
    config: z.strictObject({ ...convolution, dilation_rate: undilated }),
  }),
  z.strictObject({
    ...place,
    class_name: z.literal('Conv2DTranspose'),
    config: z.strictObject({ ...convolution, dilation_rate: undilated, output_padding: z.null().optional() }),
  }),
  z.strictObject({
    ...place,
    class_name: z.literal('Activation'),
    config: z.strictObject({ ...layer, activation }),
  }),
  z.strictObject({
    ...place,
    class_name: z.literal('ReLU'),
    config: z.strictObject({ ...layer, max_value: z.null().optional() }),
  }),
  z.strictObject({ ...place, class_name: z.literal('Add'), config: z.strictObject(layer) }),
  z.strictObject({
    ...place,
    class_name: z.literal('Concatenate'),
    config: z.strictObject({ ...layer, axis: z.literal([-1, 3]) }),
  }),
]);

/** The largest network that can be configured has 496 layers. */
const layers = z.array(anyLayer).min(1).max(512);
const ends = (most: number) =>
  z
    .array(z.tuple([name, z.literal(0), z.literal(0)]))
    .min(1)
    .max(most);

const written = { keras_version: z.string().max(100).optional(), backend: z.string().max(100).optional() };

const topology = z.discriminatedUnion('class_name', [
  z.strictObject({
    ...written,
    class_name: z.enum(['Model', 'Functional']),
    config: z.strictObject({ name, layers, input_layers: ends(2), output_layers: ends(1) }),
  }),
  z.strictObject({
    ...written,
    class_name: z.literal('Sequential'),
    config: z.strictObject({ name, layers }),
  }),
]);

const weight = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_./-]{1,120}$/),
  shape: z.array(z.int().min(1).max(65_536)).min(1).max(4),
  dtype: z.literal('float32'),
  /** Lie in the file in half precision. */
  quantization: z
    .strictObject({ dtype: z.literal('float16'), original_dtype: z.literal('float32').optional() })
    .optional(),
});

export const layersModel = z.strictObject({
  format: z.literal('layers-model'),
  generatedBy: z.string().max(200).nullable().optional(),
  convertedBy: z.string().max(200).nullable().optional(),
  modelTopology: topology,
  weightsManifest: z
    .array(
      z.strictObject({
        paths: z.array(z.string().max(4096)).length(1),
        weights: z.array(weight).max(1024),
      }),
    )
    .length(1),
});

export type LayersModel = z.infer<typeof layersModel>;
export type LayersTopology = z.infer<typeof topology>;
export type LayersLayer = z.infer<typeof anyLayer>;
export const layersTopology = topology;
