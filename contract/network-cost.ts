import type { NetworkConfig } from './network.ts';

/**
 * Multiply-adds for each pixel of the picture, from the config alone, for those who show a model without running
 * it. It is what the layers of `model/networks` add up to; a test holds the two against each other.
 */
export function macsPerPixel(config: NetworkConfig): number {
  switch (config.kind) {
    case 'classic':
      return classicMacs(config.channels);
    case 'unet':
      return unetMacs(config.channels, config.width, config.blocks);
  }
}

/** Cost of a convolution at a resolution at which there are `share` positions for each pixel. */
const convolution = (kernel: number, from: number, to: number, share: number): number =>
  kernel * kernel * from * to * share;

function classicMacs(channels: number): number {
  return (
    convolution(3, channels, 16, 1 / 4) +
    convolution(3, 16, 8, 1 / 16) +
    convolution(3, 8, 8, 1 / 16) +
    convolution(3, 8, 16, 1 / 4) +
    convolution(3, 16, channels, 1)
  );
}

function unetMacs(channels: number, width: number, blocks: readonly number[]): number {
  const [enc0 = 0, enc1 = 0, middle = 0, dec1 = 0, dec0 = 0] = blocks;
  const half = 1 / 4;
  const quarter = 1 / 16;
  const eighth = 1 / 64;
  const residual = (count: number, filters: number, share: number): number =>
    count * 2 * convolution(3, filters, filters, share);
  return (
    convolution(4, channels + 1, width, half) +
    residual(enc0 + dec0, width, half) +
    convolution(2, width, 2 * width, quarter) +
    residual(enc1 + dec1, 2 * width, quarter) +
    convolution(2, 2 * width, 4 * width, eighth) +
    residual(middle, 4 * width, eighth) +
    convolution(2, 4 * width, 2 * width, eighth) +
    convolution(2, 2 * width, width, quarter) +
    convolution(4, width, channels, half)
  );
}
