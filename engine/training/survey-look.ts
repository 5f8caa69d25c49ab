import { failureOf, type Said } from '../../contract/errors.ts';
import type { BitDepth } from '../../contract/image.ts';
import { whiteOf, type Raster } from '../../model/image.ts';
import { perceptualHash } from '../../model/metrics/perceptual-hash.ts';
import { estimateNoise } from '../../model/noise/estimate.ts';
import type { DecodePicture } from './decode-picture.ts';
import type { ExampleSource } from './example-reader.ts';
import type { FoundPicture } from './find-pictures.ts';

/** What one picture is like. */
export interface Seen {
  readonly width: number;
  readonly height: number;
  readonly depth: BitDepth;
  readonly colour: boolean;
  /** Standard deviation of its values, on [0, 1]. */
  readonly contrast: number;
  /** Share of the range in which all its values lie but for a thousandth at either end. */
  readonly reach: number;
  readonly noiseFactor: number;
  readonly clean: boolean;
  readonly hash: bigint;
}

/** One picture, or pair, that was looked at. */
export interface Look {
  readonly picture: FoundPicture;
  readonly forValidation: boolean;
  /** Null where it can't be read. */
  readonly seen: Seen | null;
  /** Of its partner in a pair. */
  readonly partner: Seen | null;
  /** Why it, or its partner, can't be read. */
  readonly reason: Said | null;
}

export async function lookAt(
  { picture, clean }: ExampleSource,
  forValidation: boolean,
  decode: DecodePicture,
  signal: AbortSignal,
): Promise<Look> {
  const see = async ({ path, page }: FoundPicture, partner: FoundPicture | null) =>
    describe(await decode(path, page, signal, partner?.path));
  try {
    const seen = await see(picture, clean);
    return { picture, forValidation, seen, partner: clean && (await see(clean, picture)), reason: null };
  } catch (error) {
    signal.throwIfAborted();
    return { picture, forValidation, seen: null, partner: null, reason: failureOf(error) };
  }
}

function describe(picture: Raster): Seen {
  const { width, height, channels, samples } = picture;
  const { noiseFactor, clean } = estimateNoise(picture);
  return {
    width,
    height,
    depth: samples instanceof Uint8Array ? 8 : samples instanceof Uint16Array ? 16 : 32,
    colour: channels === 3,
    contrast: contrastOf(picture),
    reach: reachOf(picture),
    noiseFactor,
    clean,
    hash: perceptualHash(picture),
  };
}

/** Steps of the range that are told apart. */
const STEPS = 1024;

function reachOf({ samples }: Raster): number {
  const counts = new Uint32Array(STEPS);
  const scale = (STEPS - 1) / whiteOf(samples);
  for (const sample of samples) counts[Math.min(STEPS - 1, Math.max(0, Math.round(sample * scale)))]!++;
  const few = samples.length / 1000;
  let sum = 0;
  const beyond = (count: number) => (sum += count) > few;
  const low = counts.findIndex(beyond);
  sum = 0;
  const high = counts.findLastIndex(beyond);
  return (high - low + 1) / STEPS;
}

function contrastOf({ samples }: Raster): number {
  const scale = 1 / whiteOf(samples);
  let sum = 0;
  let squares = 0;
  for (const sample of samples) {
    sum += sample * scale;
    squares += (sample * scale) ** 2;
  }
  const mean = sum / samples.length;
  return Math.sqrt(Math.max(0, squares / samples.length - mean * mean));
}
