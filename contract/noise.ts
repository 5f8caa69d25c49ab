import { phrase, type Phrase, verbatim } from './texts/fill-in.ts';
import { AppError } from './errors.ts';

/**
 * Kinds of synthetic noise. The amount of each is its noise factor, a standard deviation on the [0, 1] scale (where
 * the noise depends on brightness: at mid-grey), but of `jpeg`, whose amount is the quality, 1 to 100.
 */
export const noiseKinds = [
  'gaussian',
  'poisson-gaussian',
  'speckle',
  'salt-and-pepper',
  'correlated',
  'jpeg',
] as const;
export type NoiseKind = (typeof noiseKinds)[number];

/**
 * Kinds that can be had part by part, as the playground does, by their noise factor: all but `jpeg`, which goes by
 * blocks and by a quality.
 */
export const fieldNoiseKinds = [
  'gaussian',
  'poisson-gaussian',
  'correlated',
  'speckle',
  'salt-and-pepper',
] as const satisfies readonly NoiseKind[];
export type FieldNoiseKind = (typeof fieldNoiseKinds)[number];

/** One kind of noise with the range its amount is drawn from, uniformly. Several are applied in their order. */
export interface NoiseRange {
  readonly kind: NoiseKind;
  readonly low: number;
  readonly high: number;
}

/** The largest noise factor of the slider and the default models: σ 56 on the 8-bit scale. */
export const largestNoiseFactor = 0.22;

/** Noise factor to σ in 8-bit units. */
export const sigma255 = (noiseFactor: number): number => noiseFactor * 255;

/** Between which amounts each kind is defined; `whole` where only whole numbers are. */
export const noiseLimits: Readonly<
  Record<NoiseKind, { readonly low: number; readonly high: number; readonly whole: boolean }>
> = {
  gaussian: { low: 0, high: 1, whole: false },
  'poisson-gaussian': { low: 0, high: 1, whole: false },
  // At 0.5 the multiplier is exponential: the speckle of a single exposure, and there is none stronger.
  speckle: { low: 0, high: 0.5, whole: false },
  // At 0.5 every sample is black or white.
  'salt-and-pepper': { low: 0, high: 0.5, whole: false },
  correlated: { low: 0, high: 1, whole: false },
  jpeg: { low: 1, high: 100, whole: true },
};

/**
 * What JPEG adds to photographs: the standard deviation that nine of ten pieces of 64 × 64 pixels stay below, measured
 * on BSD400 and GB82. By quality.
 */
const jpegFactors: readonly (readonly [quality: number, factor: number])[] = [
  [1, 0.13], [5, 0.1], [10, 0.08], [20, 0.063], [30, 0.055], [50, 0.045], [75, 0.032], [90, 0.02], [95, 0.015], [100, 0.01],
]; // prettier-ignore

function jpegFactor(quality: number): number {
  const above = Math.max(
    1,
    jpegFactors.findIndex(([known]) => known >= quality),
  );
  const [[from, low], [to, high]] = [jpegFactors[above - 1]!, jpegFactors[above]!];
  return low + ((quality - from) / (to - from)) * (high - low);
}

/** The largest noise factor that a mixture of noises comes to, at most 1: independent noises add up by variances. */
export function largestFactor(ranges: readonly NoiseRange[]): number {
  const factors = ranges.map(({ kind, low, high }) => (kind === 'jpeg' ? jpegFactor(low) : high));
  return Math.min(1, Math.hypot(...factors));
}

/** The smallest noise factor that a mixture of noises comes to. */
export function smallestFactor(ranges: readonly NoiseRange[]): number {
  const factors = ranges.map(({ kind, low, high }) => (kind === 'jpeg' ? jpegFactor(high) : low));
  return Math.min(1, Math.hypot(...factors));
}

/** Whether a range lies within the limits of its kind. */
export function isNoiseRange({ kind, low, high }: NoiseRange): boolean {
  const limits = noiseLimits[kind];
  const fits = (amount: number) => !limits.whole || Number.isInteger(amount);
  return limits.low <= low && low <= high && high <= limits.high && fits(low) && fits(high);
}

/** What is expected of a range, for a sentence that refuses another one. */
export function noiseRangeText(kind: NoiseKind): string {
  const { low, high, whole } = noiseLimits[kind];
  return `${kind}:LOW-HIGH with ${low} ≤ LOW ≤ HIGH ≤ ${high}${whole ? ', whole numbers (the quality)' : ''}`;
}

/**
 * Reads the noise grammar `kind:LOW-HIGH` or `kind:VALUE`, several joined by `+` and applied in that order:
 * `gaussian:0-0.22`, `poisson-gaussian:0.01-0.1+jpeg:30-95`.
 * @throws AppError `argument-invalid`
 */
export function parseNoise(text: string): NoiseRange[] {
  return text.split('+').map((part) => {
    const match = /^([a-z-]+):(\d*\.?\d+(?:e-\d+)?)(?:-(\d*\.?\d+(?:e-\d+)?))?$/.exec(part.trim());
    const kind = noiseKinds.find((known) => known === match?.[1]);
    const low = Number(match?.[2]);
    const high = Number(match?.[3] ?? match?.[2]);
    if (!match || !kind)
      throw refused(phrase('expect-noise-grammar', { kinds: noiseKinds.join(', ') }), text);
    if (!isNoiseRange({ kind, low, high })) throw refused(verbatim(noiseRangeText(kind)), text);
    return { kind, low, high };
  });
}

function refused(expected: Phrase, received: string): AppError {
  return new AppError('argument-invalid', { parameter: 'noise', expected, received: `“${received}”` });
}

export function formatNoise(ranges: readonly NoiseRange[]): string {
  return ranges.map(({ kind, low, high }) => `${kind}:${low}-${high}`).join('+');
}
