import { gaussianInto } from '../../model/noise/gaussian.ts';
import { Random } from '../../model/noise/random.ts';

/** What a network is asked to measure its speed or to compare its answers. */
export interface TestTile {
  /** `[height, width, channels]`, about [0, 1]. */
  readonly samples: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly noiseFactor: number;
}

/** A noisy tile made by code, always the same: slopes, an edge and texture with Gaussian noise over it. */
export function testTile(width: number, height: number, channels: 1 | 3): TestTile {
  const noiseFactor = 0.1;
  const samples = new Float32Array(width * height * channels);
  gaussianInto(new Random(1), samples);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const edge = x > y ? 0.25 : 0;
      const texture = 0.1 * Math.sin(x * 0.9) * Math.sin(y * 0.7);
      for (let channel = 0; channel < channels; channel++, at++) {
        const slope = (0.4 * x) / width + (0.2 * channel * y) / height;
        samples[at] = noiseFactor * samples[at]! + 0.15 + edge + texture + slope;
      }
    }
  }
  return { samples, width, height, noiseFactor };
}
