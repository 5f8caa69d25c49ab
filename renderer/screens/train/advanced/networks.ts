import {
  namedNetworks,
  networkNames,
  type NetworkConfig,
  type NetworkName,
} from '../../../../contract/network.ts';
import type { WindowText } from '../../../../contract/texts/window-en.ts';

/** Texts of the networks that people are told of by more than their name. */
export const networkTexts: Partial<Record<NetworkName, WindowText>> = {
  classic: 'network-classic',
  'unet-slim': 'network-unet-slim',
  'unet-small': 'network-unet-small',
  'unet-medium': 'network-unet-medium',
  'unet-large': 'network-unet-large',
};

/** The name under which a network can be asked for, whatever its channels; null for any other. */
export function nameOfNetwork(config: NetworkConfig): NetworkName | null {
  const same = (name: NetworkName) =>
    JSON.stringify({ ...namedNetworks[name], channels: 0 }) === JSON.stringify({ ...config, channels: 0 });
  return networkNames.find(same) ?? null;
}
