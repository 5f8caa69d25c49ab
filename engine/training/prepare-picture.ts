import { whiteOf, type Raster } from '../../model/image.ts';
import type { Random } from '../../model/noise/random.ts';

export type BytePicture = Raster<Uint8Array>;

export interface PictureLimits {
  /** Channels of the network: colour becomes grey and grey becomes colour. */
  readonly channels: 1 | 3;
  /** Bytes at most. Of a larger picture a random window is kept, about in its own proportions. */
  readonly bytes: number;
  /** A window's sides do not become smaller than this, unless the picture's are. */
  readonly smallestSide: number;
}

/** Weights of red, green and blue in luma, as JPEG has them (ITU-R BT.601). */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** A picture as it is kept for training: 8 bit, as many channels as the network takes, within the limits. */
export function preparePicture(picture: Raster, limits: PictureLimits, random: Random): BytePicture {
  const window = chooseWindow(picture, limits, random);
  const { left, top, width, height } = window;
  const { channels } = limits;
  const samples = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * picture.channels;
    const row = picture.samples.subarray(from, from + width * picture.channels);
    convertRow(
      row,
      picture.channels,
      samples.subarray(y * width * channels, (y + 1) * width * channels),
      channels,
    );
  }
  return { width, height, channels, samples };
}

function chooseWindow(
  { width, height }: Raster,
  { channels, bytes, smallestSide }: PictureLimits,
  random: Random,
) {
  const shrink = Math.min(1, Math.sqrt(bytes / (channels * width * height)));
  const shorten = (side: number) => Math.max(Math.min(side, smallestSide), Math.floor(side * shrink));
  const size = { width: shorten(width), height: shorten(height) };
  return { ...size, left: random.below(width - size.width + 1), top: random.below(height - size.height + 1) };
}

/** Any depth and 1 or 3 channels to 8 bit and 1 or 3 channels. Float samples beyond white or black are clipped. */
function convertRow(row: Raster['samples'], from: 1 | 3, target: Uint8Array, to: 1 | 3): void {
  const scale = 255 / whiteOf(row);
  const byte = (value: number) => Math.min(255, Math.max(0, Math.round(value * scale)));
  if (from === to) {
    for (let i = 0; i < target.length; i++) target[i] = byte(row[i]!);
  } else if (to === 3) {
    for (let i = 0; i < row.length; i++) target.fill(byte(row[i]!), 3 * i, 3 * i + 3);
  } else {
    for (let i = 0; i < target.length; i++) {
      target[i] = byte(RED * row[3 * i]! + GREEN * row[3 * i + 1]! + BLUE * row[3 * i + 2]!);
    }
  }
}
