import { whiteOf, type FloatImage, type Raster } from '../../model/image.ts';

/** Longest side of a crop to judge by: larger than the field of view of the networks, small enough to be quick. */
const LONGEST_SIDE = 160;

/**
 * The middle of a picture in floats.
 * @param multiple what both sides of the crop are multiples of; the picture's are at least that
 */
export function middleOf(
  { width, height, channels, samples }: Raster,
  multiple: number,
  longestSide = LONGEST_SIDE,
): FloatImage {
  const fit = (side: number) => Math.floor(Math.min(side, longestSide) / multiple) * multiple;
  const size = { width: fit(width), height: fit(height) };
  const left = (width - size.width) >> 1;
  const top = (height - size.height) >> 1;
  const rowLength = size.width * channels;
  const white = whiteOf(samples);
  const middle = new Float32Array(size.height * rowLength);
  for (let y = 0; y < size.height; y++) {
    const from = ((top + y) * width + left) * channels;
    for (let i = 0; i < rowLength; i++) middle[y * rowLength + i] = samples[from + i]! / white;
  }
  return { ...size, channels, samples: middle };
}
