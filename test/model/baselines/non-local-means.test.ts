import { expect, test } from 'vitest';
import { nonLocalMeans } from '../../../model/baselines/non-local-means.ts';
import type { FloatImage } from '../../../model/image.ts';
import { meanSquaredError } from '../../../model/metrics/psnr.ts';
import { Random } from '../../../model/noise/random.ts';
import { addGaussian } from '../../../model/training/noisy-batch.ts';

const noise = (width: number, height: number): FloatImage => {
  const random = new Random(3);
  return {
    ...{ width, height, channels: 1 },
    samples: Float32Array.from({ length: width * height }, () => random.uniform()),
  };
};

/** By its definition, pixel by pixel. */
function plainly({ width, height, samples }: FloatImage, h: number): Float32Array {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height;
  const distance = (x: number, y: number, dx: number, dy: number) => {
    let [sum, count] = [0, 0];
    for (let v = -3; v <= 3; v++) {
      for (let u = -3; u <= 3; u++) {
        if (!inside(x + u, y + v) || !inside(x + u + dx, y + v + dy)) continue;
        sum += (samples[(y + v) * width + x + u]! - samples[(y + v + dy) * width + x + u + dx]!) ** 2;
        count++;
      }
    }
    return sum / count;
  };
  return samples.map((own, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    let [sum, weights, largest] = [0, 0, 0];
    for (let dy = -10; dy <= 10; dy++) {
      for (let dx = -10; dx <= 10; dx++) {
        if ((dx === 0 && dy === 0) || !inside(x + dx, y + dy)) continue;
        const weight = Math.exp(-distance(x, y, dx, dy) / (h * h));
        sum += weight * samples[(y + dy) * width + x + dx]!;
        weights += weight;
        largest = Math.max(largest, weight);
      }
    }
    return (sum + largest * own) / (weights + largest);
  });
}

test('non-local means shift by shift are what their definition says pixel by pixel', () => {
  const image = noise(17, 13);
  const widths = [0.2, 0.5];
  for (const [k, { samples }] of nonLocalMeans(image, widths).entries()) {
    const expected = plainly(image, widths[k]!);
    samples.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  }
});

test('a repeating pattern keeps its edges and loses its noise', () => {
  const [width, height] = [48, 48];
  const clean = Float32Array.from({ length: width * height }, (_, i) => ((i % width) % 12 < 6 ? 0.3 : 0.7));
  const noisy: FloatImage = { width, height, channels: 1, samples: addGaussian(clean, 0.1, new Random(1)) };
  const [answer] = nonLocalMeans(noisy, [0.07]);
  expect(meanSquaredError(answer!.samples, clean)).toBeLessThan(0.2 * meanSquaredError(noisy.samples, clean));
});
