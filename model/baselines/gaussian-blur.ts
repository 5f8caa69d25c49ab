import type { FloatImage } from '../image.ts';

/** Pixels beyond which a blur of this width sees nothing. */
export const blurRadius = (sigma: number): number => Math.ceil(3 * sigma);

/** Gaussian blur, one axis after the other; beyond the edge the edge is repeated. `sigma` in pixels. */
export function gaussianBlur(image: FloatImage, sigma: number): FloatImage {
  const { width, height, channels } = image;
  const weights = weightsOf(sigma);
  const rowLength = width * channels;
  const sideways = new Float32Array(image.samples.length);
  for (let y = 0; y < height; y++) {
    blurLines(image.samples, sideways, weights, {
      from: y * rowLength,
      count: width,
      step: channels,
      lines: channels,
    });
  }
  const samples = new Float32Array(image.samples.length);
  blurLines(sideways, samples, weights, { from: 0, count: height, step: rowLength, lines: rowLength });
  return { ...image, samples };
}

/** From −radius to radius; they add up to 1. */
function weightsOf(sigma: number): Float64Array {
  const radius = blurRadius(sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** `lines` lines beside each other, of `count` samples that lie `step` apart. */
interface Lines {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly lines: number;
}

function blurLines(
  source: Float32Array,
  target: Float32Array,
  weights: Float64Array,
  { from, count, step, lines }: Lines,
): void {
  const radius = weights.length >> 1;
  for (let i = 0; i < count; i++) {
    const to = from + i * step;
    for (let k = -radius; k <= radius; k++) {
      const weight = weights[k + radius]!;
      const at = from + Math.min(count - 1, Math.max(0, i + k)) * step;
      for (let line = 0; line < lines; line++) target[to + line]! += weight * source[at + line]!;
    }
  }
}
