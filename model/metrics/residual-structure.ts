import type { ResidualVerdict } from '../../contract/view.ts';
import type { FloatImage } from '../image.ts';

export function judgeResidual(noisy: FloatImage, denoised: FloatImage): Omit<ResidualVerdict, 'noiseFactor'> {
  const residual = noisy.samples.map((value, i) => value - denoised.samples[i]!);
  const mean = residual.reduce((sum, value) => sum + value, 0) / residual.length;
  const removed = Math.sqrt(residual.reduce((sum, value) => sum + (value - mean) ** 2, 0) / residual.length);
  return { verdict: removed < 0.1 / 255 ? 'nothing-removed' : 'noise-only', structure: 0, removed };
}
