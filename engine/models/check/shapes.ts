import { mostParameters } from '../../../contract/layers-model.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import type { Refuse } from './refusal.ts';
import type { Topology, TopologyLayer } from './topology.ts';

/** What comes out of a layer: how many channels, and its width and height as shares of the picture's. */
interface Size {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Shapes of weights by name, such as `stem/kernel`, in the order in which data flows. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/**
 * Follows a picture through the declared layers, by numbers alone, and answers what weights they need.
 * @throws AppError `model-invalid` unless one grey or RGB picture goes in and one of the same size comes out
 */
export function shapesOf(topology: Topology, refuse: Refuse): WeightShapes {
  const sizes = new Map<string, Size>();
  const weights = new Map<string, readonly number[]>();
  let parameters = 0;
  for (const layer of topology.layers) {
    const read = layer.inputs.map((input) => sizes.get(input)!);
    for (const [name, shape] of weightsOf(layer, read[0])) {
      weights.set(name, shape);
      parameters += elements(shape);
    }
    if (parameters > mostParameters) throw refuse(phrase('model-weights-many', { most: mostParameters }));
    sizes.set(layer.name, sizeAfter(layer, read, refuse));
  }
  const [picture, plane] = topology.inputs.map((name) => sizes.get(name)!);
  const answer = sizes.get(topology.output)!;
  if (picture!.channels !== 1 && picture!.channels !== 3) {
    throw refuse(phrase('model-channels', { count: picture!.channels }));
  }
  if (plane && plane.channels !== 1) throw refuse(phrase('model-plane'));
  if (answer.height !== 1 || answer.width !== 1 || answer.channels !== picture!.channels) {
    throw refuse(phrase('model-answer-not-picture'));
  }
  return weights;
}

function weightsOf(layer: TopologyLayer, read: Size | undefined): [string, readonly number[]][] {
  if ((layer.op !== 'convolution' && layer.op !== 'transposed-convolution') || !read) return [];
  const { name, kernel, filters, bias, op } = layer;
  const ends = op === 'convolution' ? [read.channels, filters] : [filters, read.channels];
  const shapes: [string, readonly number[]][] = [[`${name}/kernel`, [...kernel, ...ends]]];
  if (bias) shapes.push([`${name}/bias`, [filters]]);
  return shapes;
}

function sizeAfter(layer: TopologyLayer, read: readonly Size[], refuse: Refuse): Size {
  const first = read[0];
  if (layer.op === 'input' || !first) {
    return { channels: layer.op === 'input' ? layer.channels : 0, height: 1, width: 1 };
  }
  switch (layer.op) {
    case 'convolution':
    case 'transposed-convolution': {
      const [down, across] = layer.strides;
      return layer.op === 'convolution'
        ? { channels: layer.filters, height: first.height / down, width: first.width / across }
        : { channels: layer.filters, height: first.height * down, width: first.width * across };
    }
    case 'activation':
      return first;
    case 'add':
    case 'concatenate': {
      const fits = ({ height, width, channels }: Size) =>
        height === first.height &&
        width === first.width &&
        (layer.op === 'concatenate' || channels === first.channels);
      if (!read.every(fits)) throw refuse(phrase('model-layer-joins', { name: layer.name }));
      if (layer.op === 'add') return first;
      return { ...first, channels: read.reduce((sum, { channels }) => sum + channels, 0) };
    }
  }
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
