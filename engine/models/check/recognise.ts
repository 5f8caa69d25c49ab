import { networkConfig, type NetworkConfig } from '../../../contract/network.ts';
import { layersOf } from '../../../model/networks/geometry.ts';
import type { WeightShapes } from './shapes.ts';
import type { Topology } from './topology.ts';

/** The config with which one of our builders would declare this network, going by its layers' names. */
export function recogniseNetwork(topology: Topology): NetworkConfig | null {
  const layer = (name: string) => topology.layers.find((candidate) => candidate.name === name);
  const picture = layer(topology.inputs[0]!);
  const channels = picture?.op === 'input' ? picture.channels : 0;
  const stem = layer('stem');
  const blocksOf = (level: string) => {
    return topology.layers.filter(({ op, name }) => op === 'add' && name.startsWith(`${level}_res`)).length;
  };
  const guess =
    stem?.op === 'convolution'
      ? {
          kind: 'unet',
          channels,
          width: stem.filters,
          blocks: ['enc0', 'enc1', 'middle', 'dec1', 'dec0'].map(blocksOf),
        }
      : { kind: 'classic', channels };
  const config = networkConfig.safeParse(guess);
  return config.success ? config.data : null;
}

/** Whether a network of ours has exactly these weights. Costs nothing, so it goes before anything is built. */
export function hasWeights(config: NetworkConfig, shapes: WeightShapes): boolean {
  const layers = layersOf(config);
  if (shapes.size !== 2 * layers.length) return false;
  return layers.every(({ name, kernel, transposed, from, to }) => {
    const ends = transposed ? [to, from] : [from, to];
    return (
      shapes.get(`${name}/kernel`)?.join() === [kernel, kernel, ...ends].join() &&
      shapes.get(`${name}/bias`)?.join() === String(to)
    );
  });
}
