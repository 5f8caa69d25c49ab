import { AppError, failureOf, reasonIn, type Said } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { ToldPicture, TrainingConfig, TrainingOutcome } from '../../contract/train.ts';
import type { Raster } from '../../model/image.ts';
import type { Random } from '../../model/noise/random.ts';
import type { DecodePicture } from './decode-picture.ts';
import { cleanExample, noisyExample, pairExample, type Example } from './example.ts';
import type { FoundPicture } from './find-pictures.ts';
import type { PictureLimits } from './prepare-picture.ts';
import { Seen } from './seen.ts';

/** What an example is made of: a picture, and its partner in a pair. */
export interface ExampleSource {
  readonly picture: FoundPicture;
  readonly clean: FoundPicture | null;
}

/** Reads pictures one by one and remembers which could not be used: one bad picture does not end a training. */
export class ExampleReader {
  readonly #kind: TrainingConfig['pictures']['kind'];
  readonly #decode: DecodePicture;
  readonly #signal: AbortSignal;
  readonly #leftOut = new Map<ExampleSource, Said>();
  /** What the pictures were like so far. */
  readonly seen = new Seen();

  constructor({ pictures }: TrainingConfig, decode: DecodePicture, signal: AbortSignal) {
    this.#kind = pictures.kind;
    this.#decode = decode;
    this.#signal = signal;
  }

  /** Null when it can't be used. The same source, limits and random stream give the same example. */
  async read(source: ExampleSource, limits: PictureLimits, random: Random): Promise<Example | null> {
    try {
      const example = await this.#example(source, limits, random);
      const { width, height } = example;
      if (Math.min(width, height) >= limits.smallestSide) {
        this.#leftOut.delete(source); // what could not be read once may have come back
        return example;
      }
      this.leave(source, phrase('left-small', { width, height, side: limits.smallestSide }));
    } catch (error) {
      this.#signal.throwIfAborted();
      this.leave(source, failureOf(error));
    }
    return null;
  }

  /** Notes what could not be used, also before a training was taken up again. */
  leave(source: ExampleSource, reason: Said): void {
    this.#leftOut.set(source, reason);
  }

  /** What could not be used, and why. */
  get left(): ReadonlyMap<ExampleSource, Said> {
    return this.#leftOut;
  }

  leftOut(): TrainingOutcome['leftOut'] {
    return [...this.#leftOut].map(([{ picture }, reason]) => leftOut(picture, reason));
  }

  async #example(source: ExampleSource, limits: PictureLimits, random: Random): Promise<Example> {
    const decoded = await this.#read(source.picture, source.clean);
    const example = await this.#exampleOf(decoded, source, limits, random);
    this.seen.add(decoded, example.noiseFactor);
    return example;
  }

  async #exampleOf(
    decoded: Raster,
    source: ExampleSource,
    limits: PictureLimits,
    random: Random,
  ): Promise<Example> {
    if (this.#kind === 'clean') return cleanExample(decoded, limits, random);
    if (!source.clean) return noisyExample(decoded, limits, random);
    const clean = await this.#read(source.clean, source.picture);
    if (clean.width !== decoded.width || clean.height !== decoded.height) {
      const sizes = { noisy: size(decoded), clean: size(clean) };
      throw new AppError('pair-mismatched', { file: source.picture.path, ...sizes });
    }
    return pairExample(decoded, clean, limits, random);
  }

  #read({ path, page }: FoundPicture, partner: FoundPicture | null): Promise<Raster> {
    return this.#decode(path, page, this.#signal, partner?.path);
  }
}

/** A picture that is not used, as outcomes tell of it. */
export function leftOut({ path, page, pages }: FoundPicture, reason: Said): ToldPicture {
  if (pages === 1) return { file: path, reason };
  return { file: path, reason: phrase('left-page', { page: page + 1, reason: reasonIn(reason) }) };
}

const size = ({ width, height }: Raster): string => `${width}×${height}`;
