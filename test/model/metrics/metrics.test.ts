import { expect, test } from 'vitest';
import type { Raster } from '../../../model/image.ts';
import { meanSquaredError, psnr } from '../../../model/metrics/psnr.ts';
import { ssim } from '../../../model/metrics/ssim.ts';

/** The same arithmetic was given to scikit-image 0.26. */
function scene(height: number, width: number, channels: 1 | 3): Raster<Uint8Array> {
  const samples = new Uint8Array(height * width * channels);
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) samples[i++] = (7 * x + 13 * y + 31 * c + ((x * y) % 17) * 5) % 256;
    }
  }
  return { width, height, channels, samples };
}

function other(image: Raster<Uint8Array>): Raster<Uint8Array> {
  const { width, channels } = image;
  const samples = image.samples.map((value, i) => {
    const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    return Math.min(255, Math.max(0, value + ((x * 5 + y * 3 + c * 2) % 41) - 20));
  });
  return { ...image, samples };
}

// peak_signal_noise_ratio(a, b, data_range=255) and structural_similarity(a, b, data_range=255, channel_axis=2,
// gaussian_weights=True, sigma=1.5, use_sample_covariance=False) of the two pictures above.
const fromScikitImage: [number, number, 1 | 3, number, number][] = [
  [23, 31, 3, 26.875435869383463, 0.9657205156800743],
  [40, 11, 1, 26.97954181279108, 0.9690570937229682],
  [11, 64, 3, 26.885489663078282, 0.9713806081350537],
];

test.each(fromScikitImage)(
  'PSNR and SSIM of %i×%i×%i are those of scikit-image',
  (h, w, c, dB, similarity) => {
    const a = scene(h, w, c);
    const b = other(a);
    expect(psnr(b.samples, a.samples, 255)).toBeCloseTo(dB, 10);
    expect(ssim(b, a, 255)).toBeCloseTo(similarity, 10);
  },
);

test('floats in [0, 1] score like the same values in 8 bit', () => {
  const a = scene(24, 24, 3);
  const b = other(a);
  const floats = (image: Raster<Uint8Array>) => ({
    ...image,
    samples: Float32Array.from(image.samples, (v) => v / 255),
  });
  expect(psnr(floats(b).samples, floats(a).samples, 1)).toBeCloseTo(psnr(b.samples, a.samples, 255), 5);
  expect(ssim(floats(b), floats(a), 1)).toBeCloseTo(ssim(b, a, 255), 5);
});

test('an error of 5 everywhere is 20 log10(255 / 5) dB', () => {
  const a = Uint8Array.of(10, 20, 30, 40);
  const b = a.map((value, i) => value + (i % 2 ? 5 : -5));
  expect(meanSquaredError(a, b)).toBe(25);
  expect(psnr(b, a, 255)).toBeCloseTo(20 * Math.log10(255 / 5), 10);
});

test('equal pictures have infinite PSNR and SSIM 1', () => {
  const a = scene(16, 16, 3);
  expect(psnr(a.samples, a.samples, 255)).toBe(Infinity);
  expect(ssim(a, a, 255)).toBeCloseTo(1, 12);
});

test.each([
  [1, 1],
  [1, 30],
  [7, 4],
])('pictures of %i×%i, smaller than the window, have an SSIM too', (h, w) => {
  const a = scene(h, w, 3);
  expect(ssim(a, a, 255)).toBeCloseTo(1, 12);
  expect(ssim(other(a), a, 255)).toBeLessThan(1);
});

test('pictures of different sizes are not compared', () => {
  expect(() => ssim(scene(12, 12, 3), scene(12, 13, 3), 255)).toThrow('12×12×3');
  expect(() => psnr(new Uint8Array(3), new Uint8Array(4), 255)).toThrow('3 samples');
});
