import { samplesLike, whiteOf, type Raster, type Samples } from '../../model/image.ts';
import type { Random } from '../../model/noise/random.ts';

export interface PictureLimits {
  /** Channels of the network: colour becomes grey and grey becomes colour. */
  readonly channels: 1 | 3;
  /** Bytes at most. Of a larger picture a random window is kept, about in its own proportions. */
  readonly bytes: number;
  /** A window's sides do not become smaller than this, unless the picture's are. */
  readonly smallestSide: number;
}

/** A rectangle of a picture. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Weights of red, green and blue in luma, as JPEG has them (ITU-R BT.601). */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** A picture as it is kept for training: in its own depth, as many channels as the network takes, within the limits. */
export function preparePicture(picture: Raster, limits: PictureLimits, random: Random): Raster {
  return cutWindow(picture, chooseWindow(picture, limits, random), limits.channels);
}

/** Where a picture is cut to stay within the limits. */
export function chooseWindow(
  { width, height, samples }: Raster,
  { channels, bytes, smallestSide }: PictureLimits,
  random: Random,
): Window {
  const whole = channels * width * height * samples.BYTES_PER_ELEMENT;
  const shrink = Math.min(1, Math.sqrt(bytes / whole));
  const shorten = (side: number) => Math.max(Math.min(side, smallestSide), Math.floor(side * shrink));
  const size = { width: shorten(width), height: shorten(height) };
  return { ...size, left: random.below(width - size.width + 1), top: random.below(height - size.height + 1) };
}

/** A window of a picture with 1 or 3 channels, in the same depth. Float samples beyond white or black are clipped. */
export function cutWindow(picture: Raster, window: Window, channels: 1 | 3): Raster {
  const { left, top, width, height } = window;
  const samples = samplesLike(picture.samples, width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * picture.channels;
    const row = picture.samples.subarray(from, from + width * picture.channels);
    const target = samples.subarray(y * width * channels, (y + 1) * width * channels);
    convertRow(row, picture.channels, target, channels);
  }
  return { width, height, channels, samples };
}

function convertRow(row: Samples, from: 1 | 3, target: Samples, to: 1 | 3): void {
  const white = whiteOf(row);
  const float = row instanceof Float32Array;
  const fit = (value: number) => Math.min(white, Math.max(0, float ? value : Math.round(value)));
  if (from === to) {
    if (!float) target.set(row);
    else for (let i = 0; i < target.length; i++) target[i] = fit(row[i]!);
  } else if (to === 3) {
    for (let i = 0; i < row.length; i++) target.fill(fit(row[i]!), 3 * i, 3 * i + 3);
  } else {
    for (let i = 0; i < target.length; i++) {
      target[i] = fit(RED * row[3 * i]! + GREEN * row[3 * i + 1]! + BLUE * row[3 * i + 2]!);
    }
  }
}
