import { AppError } from './errors.ts';

/** Kinds of synthetic noise. Amounts are noise factors: standard deviations on the [0, 1] scale. */
export const noiseKinds = ['gaussian'] as const;
export type NoiseKind = (typeof noiseKinds)[number];

/** One kind of noise with the range its noise factor is drawn from, uniformly. */
export interface NoiseRange {
  readonly kind: NoiseKind;
  readonly low: number;
  readonly high: number;
}

/** The largest noise factor of the slider and the default models: σ 56 on the 8-bit scale. */
export const largestNoiseFactor = 0.22;

/** Noise factor to σ in 8-bit units. */
export const sigma255 = (noiseFactor: number): number => noiseFactor * 255;

/**
 * Reads the noise grammar `kind:LOW-HIGH` or `kind:VALUE`, several joined by `+`: `gaussian:0-0.22`.
 * @throws AppError `argument-invalid`
 */
export function parseNoise(text: string): NoiseRange[] {
  return text.split('+').map((part) => {
    const match = /^([a-z-]+):(\d*\.?\d+)(?:-(\d*\.?\d+))?$/.exec(part.trim());
    const kind = noiseKinds.find((known) => known === match?.[1]);
    const low = Number(match?.[2]);
    const high = Number(match?.[3] ?? match?.[2]);
    if (!match || !kind || !(low <= high) || high > 1) {
      throw new AppError('argument-invalid', {
        parameter: 'noise',
        expected: `${noiseKinds.join(' or ')}:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 1, such as gaussian:0-0.22`,
        received: `“${text}”`,
      });
    }
    return { kind, low, high };
  });
}

export function formatNoise(ranges: readonly NoiseRange[]): string {
  return ranges.map(({ kind, low, high }) => `${kind}:${low}-${high}`).join('+');
}
