import { z } from 'zod';

const width = z.int().min(1).max(512);
const count = z.int().min(0).max(32);

/** The textbook convolutional denoising autoencoder (two strided convolutions down, two transposed up). */
export const classicConfig = z.strictObject({
  kind: z.literal('classic'),
  /** Channels of the picture: 1 grey or 3 RGB. */
  channels: z.union([z.literal(1), z.literal(3)]),
});

/** A residual U-Net on three scales, told the noise factor. */
export const unetConfig = z.strictObject({
  kind: z.literal('unet'),
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Filters at half resolution; twice and four times as many further down. */
  width,
  /** Residual blocks at: encoder ½, encoder ¼, middle ⅛, decoder ¼, decoder ½. */
  blocks: z.tuple([count, count, count, count, count]),
});

export const networkConfig = z.discriminatedUnion('kind', [classicConfig, unetConfig]);

export type ClassicConfig = z.infer<typeof classicConfig>;
export type UnetConfig = z.infer<typeof unetConfig>;
export type NetworkConfig = z.infer<typeof networkConfig>;

/** The networks a person can ask for by name. `unet`: 58, 58, 120 and 303 thousand multiply-adds per pixel. */
export const namedNetworks = {
  classic: { kind: 'classic', channels: 1 },
  'unet-slim': { kind: 'unet', channels: 3, width: 32, blocks: [4, 1, 2, 1, 4] },
  'unet-small': { kind: 'unet', channels: 3, width: 48, blocks: [1, 1, 1, 1, 1] },
  'unet-medium': { kind: 'unet', channels: 3, width: 48, blocks: [3, 2, 1, 2, 3] },
  'unet-large': { kind: 'unet', channels: 3, width: 80, blocks: [2, 2, 2, 2, 2] },
} as const satisfies Record<string, NetworkConfig>;

export type NetworkName = keyof typeof namedNetworks;
export const networkNames = Object.keys(namedNetworks) as NetworkName[];
