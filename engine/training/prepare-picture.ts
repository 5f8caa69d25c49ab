import { whiteOf, type Raster } from '../../model/image.ts';
import type { Random } from '../../model/noise/random.ts';

export type BytePicture = Raster<Uint8Array>;

/** Weights of red, green and blue in luma, as JPEG has them (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * A picture as it is kept for training: 8 bit, with as many channels as the network takes, and not larger than
 * `largest` bytes. Of a larger one a random window is kept, in the picture's own proportions.
 */
export function preparePicture(
  picture: Raster,
  channels: 1 | 3,
  largest: number,
  random: Random,
): BytePicture {
  const window = chooseWindow(picture, largest / channels, random);
  const samples = new Uint8Array(window.width * window.height * channels);
  const toByte = 255 / whiteOf(picture.samples);
  const stride = picture.width * picture.channels;
  let target = 0;
  for (let y = window.top; y < window.top + window.height; y++) {
    let at = y * stride + window.left * picture.channels;
    for (let x = 0; x < window.width; x++, at += picture.channels) {
      if (channels === picture.channels) {
        for (let c = 0; c < channels; c++) samples[target++] = round(picture.samples[at + c]! * toByte);
      } else if (channels === 3) {
        samples.fill(round(picture.samples[at]! * toByte), target, target + 3);
        target += 3;
      } else {
        const luma = LUMA.reduce((sum, weight, c) => sum + weight * picture.samples[at + c]!, 0);
        samples[target++] = round(luma * toByte);
      }
    }
  }
  return { width: window.width, height: window.height, channels, samples };
}

function chooseWindow({ width, height }: Raster, pixels: number, random: Random) {
  const shrink = Math.min(1, Math.sqrt(pixels / (width * height)));
  const size = { width: Math.max(1, Math.floor(width * shrink)), height: Math.max(1, Math.floor(height * shrink)) };
  return { ...size, left: random.below(width - size.width + 1), top: random.below(height - size.height + 1) };
}

/** Float samples may lie beyond white. */
const round = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));
