import { namedNetworks, networkNames, type NetworkConfig } from '../contract/network.ts';

/** The name of a network that has one, else its kind. */
export function networkText(config: NetworkConfig): string {
  return networkNames.find((name) => isSameNetwork(namedNetworks[name], config)) ?? config.kind;
}

/** Configs are plain data whose fields have a fixed order, that of their schema. */
export function isSameNetwork(one: NetworkConfig, other: NetworkConfig): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
