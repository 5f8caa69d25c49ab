import type { FloatImage } from '../image.ts';

/** The median of each (2 radius + 1)² square, channel by channel; beyond the edge the edge is repeated. */
export function medianFilter(image: FloatImage, radius: number): FloatImage {
  const { width, height, channels } = image;
  const samples = new Float32Array(image.samples.length);
  const around = new Float32Array((2 * radius + 1) ** 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        gather(image, x, y, c, radius, around);
        samples[(y * width + x) * channels + c] = middleValue(around);
      }
    }
  }
  return { ...image, samples };
}

function gather(
  { width, height, channels, samples }: FloatImage,
  x: number,
  y: number,
  channel: number,
  radius: number,
  target: Float32Array,
): void {
  let i = 0;
  for (let dy = -radius; dy <= radius; dy++) {
    const row = Math.min(height - 1, Math.max(0, y + dy)) * width;
    for (let dx = -radius; dx <= radius; dx++) {
      const column = Math.min(width - 1, Math.max(0, x + dx));
      target[i++] = samples[(row + column) * channels + channel]!;
    }
  }
}

/** The middle of an odd number of values by Hoare's selection (Algorithm 65, 1961); changes their order. */
function middleValue(values: Float32Array): number {
  const middle = values.length >> 1;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[middle]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const swapped = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swapped;
    }
    if (j < middle) low = i;
    if (middle < i) high = j;
  }
  return values[middle]!;
}
