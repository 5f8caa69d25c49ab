import { failureOf } from '../../contract/errors.ts';
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
  /** Its largest value, on [0, 1]. */
  readonly brightest: number;
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
  readonly reason: string | null;
}

export async function lookAt(
  { picture, clean }: ExampleSource,
  forValidation: boolean,
  decode: DecodePicture,
  signal: AbortSignal,
): Promise<Look> {
  const see = async ({ path, page }: FoundPicture) => describe(await decode(path, page, signal));
  try {
    const seen = await see(picture);
    return { picture, forValidation, seen, partner: clean && (await see(clean)), reason: null };
  } catch (error) {
    signal.throwIfAborted();
    return { picture, forValidation, seen: null, partner: null, reason: failureOf(error).message };
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
    brightest: brightestOf(picture),
    noiseFactor,
    clean,
    hash: perceptualHash(picture),
  };
}

function brightestOf({ samples }: Raster): number {
  let most = 0;
  for (const sample of samples) most = Math.max(most, sample);
  return most / whiteOf(samples);
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
