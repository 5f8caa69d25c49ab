import { AppError, failureOf } from '../../contract/errors.ts';
import type { TrainingConfig, TrainingOutcome } from '../../contract/train.ts';
import { Random } from '../../model/noise/random.ts';
import type { Batch } from '../../model/training/batch.ts';
import { addNoise } from '../../model/training/noisy-batch.ts';
import { syntheticCases, validationNoises, type CleanPicture } from '../../model/training/validate.ts';
import type { ValidationCases } from './best-model.ts';
import type { DecodePicture } from './decode-picture.ts';
import { findPictures, type FoundFile } from './find-pictures.ts';
import { cutPatches } from './patches.ts';
import { PicturePool } from './picture-pool.ts';
import { preparePicture, type BytePicture, type PictureLimits } from './prepare-picture.ts';
import { splitPictures } from './split.ts';
import { middleOf } from './validation-crop.ts';

/** Pictures that validation looks at: more would take longer than they tell. */
const VALIDATION_PICTURES = 16;
/** No picture takes more than this part of the cache: even very large ones come in some variety. */
const LARGEST_SHARE = 1 / 16;
/** A window of this many patches on each side is kept of a large picture, however small the cache. */
const WINDOW_PATCHES = 4;
/** Patches from which the mean brightness is told. */
const BRIGHTNESS_PATCHES = 64;

export interface TrainingData {
  /** The batch of a step. Same config, pictures and step, same batch. To be asked for step by step. */
  nextBatch(step: number): Promise<Batch>;
  /** Mean of the clean training pictures, in [0, 1], about. */
  readonly brightness: number;
  /** The middles of pictures that are not trained on, with noise. */
  readonly validation: ValidationCases;
  /** Training pictures not left out so far, by position of their folder in the config. */
  countBySource(): number[];
  /** What could not be used so far. Where not all pictures fit the cache, more may turn up later. */
  leftOut(): TrainingOutcome['leftOut'];
}

/**
 * Finds and splits the pictures of a training and decodes as many as the cache holds.
 * @param multiple what the network needs widths and heights to be multiples of
 * @throws AppError `no-pictures`, `training-folder-unusable`, `path-not-found`
 */
export async function openTrainingData(
  config: TrainingConfig,
  multiple: number,
  decode: DecodePicture,
  signal: AbortSignal,
): Promise<TrainingData> {
  const random = new Random(config.seed);
  const { channels } = config.network;
  const { files, unreadable } = await findPictures(config.folders);
  if (files.length === 0) throw new AppError('no-pictures', { paths: config.folders.join(', ') });
  const split = splitPictures(files, config.validationShare, random.split('split'));
  const reader = new PictureReader(decode, signal);

  const whole = { channels, bytes: Infinity, smallestSide: multiple };
  const validation = await readValidation(split.validation, multiple, (file) =>
    reader.read(file, whole, random),
  );
  const windows = random.split('window');
  const limits = {
    channels,
    bytes: Math.max(config.cache * LARGEST_SHARE, channels * (WINDOW_PATCHES * config.patch) ** 2),
    smallestSide: config.patch,
  };
  const pool = new PicturePool({
    files: split.training,
    decode: (file, visit) => reader.read(file, limits, windows.split(file.name).split(visit)),
    budget: config.cache,
    random: random.split('pool'),
  });
  await pool.fill(signal);
  if (pool.size === 0) throw unusable(config, [...reader.leftOut][0]);

  const sample = { count: BRIGHTNESS_PATCHES, side: config.patch, channels };
  const { clean } = cutPatches((patch) => pool.draw(patch), sample, random.split('brightness'));
  const batches = random.split('batch');
  return {
    async nextBatch(step) {
      await pool.advance();
      const stream = batches.split(step);
      const shape = { count: config.batch, side: config.patch, channels };
      const patches = cutPatches((patch) => pool.draw(patch), shape, stream.split('patches'));
      return addNoise(patches, { ...config, ranges: config.noise }, stream.split('noise'));
    },
    brightness: clean.reduce((sum, value) => sum + value, 0) / clean.length,
    validation:
      validation.length === 0
        ? null
        : () => syntheticCases(validation, validationNoises(config.noise), config.seed),
    countBySource: () => {
      const usable = split.training.filter((file) => !reader.leftOut.has(file));
      return config.folders.map((_, source) => usable.filter((file) => file.source === source).length);
    },
    leftOut: () => [
      ...unreadable.map(({ path, reason }) => ({ file: path, reason })),
      ...[...reader.leftOut].map(([file, reason]) => ({ file: file.path, reason })),
    ],
  };
}

/** Reads pictures one by one and remembers which could not be used: one bad picture does not end a training. */
class PictureReader {
  readonly leftOut = new Map<FoundFile, string>();
  readonly #decode: DecodePicture;
  readonly #signal: AbortSignal;

  constructor(decode: DecodePicture, signal: AbortSignal) {
    this.#decode = decode;
    this.#signal = signal;
  }

  async read(file: FoundFile, limits: PictureLimits, random: Random): Promise<BytePicture | null> {
    try {
      const picture = preparePicture(await this.#decode(file.path, this.#signal), limits, random);
      const { width, height } = picture;
      if (Math.min(width, height) >= limits.smallestSide) return picture;
      this.leftOut.set(file, `${width}×${height} pixels, smaller than a patch of ${limits.smallestSide}`);
    } catch (error) {
      this.#signal.throwIfAborted();
      this.leftOut.set(file, failureOf(error).message);
    }
    return null;
  }
}

async function readValidation(
  files: readonly FoundFile[],
  multiple: number,
  read: (file: FoundFile) => Promise<BytePicture | null>,
): Promise<CleanPicture[]> {
  const images: CleanPicture[] = [];
  for (const file of files) {
    if (images.length === VALIDATION_PICTURES) break;
    const picture = await read(file);
    if (picture) images.push({ image: middleOf(picture, multiple), eightBit: true });
  }
  return images;
}

function unusable(config: TrainingConfig, first: [FoundFile, string] | undefined): AppError {
  const reason = first ? `none of its pictures can be used; “${first[0].name}”: ${first[1]}` : 'it is empty';
  return new AppError('training-folder-unusable', { folder: config.folders.join(', '), reason });
}
