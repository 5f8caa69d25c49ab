import { AppError, failureOf, isCancelled } from '../../contract/errors.ts';
import type { TrainingConfig } from '../../contract/train.ts';
import type { FloatImage, Raster } from '../../model/image.ts';
import { Random } from '../../model/noise/random.ts';
import type { Batch } from '../../model/training/batch.ts';
import { addNoise } from '../../model/training/noisy-batch.ts';
import { findPictures, type FoundFile } from './find-pictures.ts';
import { cutPatches } from './patches.ts';
import { PicturePool } from './picture-pool.ts';
import { preparePicture, type BytePicture } from './prepare-picture.ts';
import { splitPictures } from './split.ts';

/** Reads a picture file, upright and without alpha. @throws AppError saying why it can't */
export type DecodePicture = (file: string, signal: AbortSignal) => Promise<Raster>;

/** Pictures and crops that validation looks at: more would take longer than they tell. */
const VALIDATION_PICTURES = 16;
const VALIDATION_SIDE = 160;

export interface TrainingData {
  /** The batch of a step: follows from the seed and the step where all pictures fit the cache. */
  nextBatch(step: number): Promise<Batch>;
  /** The middles of pictures that are not trained on; sides are multiples of what the network needs. */
  readonly validation: readonly FloatImage[];
  /** Usable training pictures as far as they have been read, by position of their folder in the config. */
  countBySource(): number[];
  leftOut(): readonly LeftOut[];
}

export interface LeftOut {
  readonly file: string;
  readonly reason: string;
}

/**
 * Finds and splits the pictures of a training and decodes as many as fit the cache.
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
  const found = await findPictures(config.folders);
  if (found.length === 0) throw new AppError('no-pictures', { paths: config.folders.join(', ') });
  const split = splitPictures(found, config.validationShare, random.split('split'));
  const leftOut = new Map<FoundFile, string>();

  async function read(file: FoundFile, smallestSide: number, largest: number, window: Random) {
    try {
      const picture = preparePicture(await decode(file.path, signal), channels, largest, window);
      if (Math.min(picture.width, picture.height) >= smallestSide) return picture;
      leftOut.set(file, `${picture.width}×${picture.height} pixels, smaller than a patch of ${smallestSide}`);
    } catch (error) {
      if (isCancelled(error) || signal.aborted) throw error;
      leftOut.set(file, failureOf(error).message);
    }
    return null;
  }

  const validation = await readValidation(split.validation, multiple, (file) =>
    read(file, multiple, Number.MAX_SAFE_INTEGER, random),
  );
  const pool = new PicturePool({
    files: split.training,
    decode: (file, visit, largest) =>
      read(file, config.patch, largest, random.split('window').split(file.name).split(visit)),
    budget: config.cache,
    random: random.split('pool'),
  });
  await pool.fill(signal);
  if (pool.size === 0) throw unusable(config, leftOut);

  return {
    async nextBatch(step) {
      await pool.advance();
      const stream = random.split('batch').split(step);
      const shape = { count: config.batch, side: config.patch, channels };
      const patches = cutPatches((draw) => pool.draw(draw), shape, stream.split('patches'));
      return addNoise(patches, { ...config, ranges: config.noise }, stream.split('noise'));
    },
    validation,
    countBySource: () =>
      config.folders.map(
        (_, source) => split.training.filter((file) => file.source === source && !leftOut.has(file)).length,
      ),
    leftOut: () => [...leftOut].map(([file, reason]) => ({ file: file.path, reason })),
  };
}

async function readValidation(
  files: readonly FoundFile[],
  multiple: number,
  read: (file: FoundFile) => Promise<BytePicture | null>,
): Promise<FloatImage[]> {
  const images: FloatImage[] = [];
  for (const file of files) {
    if (images.length === VALIDATION_PICTURES) break;
    const picture = await read(file);
    if (picture) images.push(middleOf(picture, multiple));
  }
  return images;
}

/** The middle of a picture in floats, at most VALIDATION_SIDE wide and high. */
function middleOf({ width, height, channels, samples }: BytePicture, multiple: number): FloatImage {
  const fit = (side: number) => Math.floor(Math.min(side, VALIDATION_SIDE) / multiple) * multiple;
  const size = { width: fit(width), height: fit(height) };
  const left = (width - size.width) >> 1;
  const top = (height - size.height) >> 1;
  const middle = new Float32Array(size.width * size.height * channels);
  for (let y = 0; y < size.height; y++) {
    const from = ((top + y) * width + left) * channels;
    const row = samples.subarray(from, from + size.width * channels);
    middle.set(
      Float32Array.from(row, (value) => value / 255),
      y * row.length,
    );
  }
  return { ...size, channels, samples: middle };
}

function unusable(config: TrainingConfig, leftOut: ReadonlyMap<FoundFile, string>): AppError {
  const [first] = [...leftOut];
  const reason = first ? `none of its pictures can be used; “${first[0].name}”: ${first[1]}` : 'it is empty';
  return new AppError('training-folder-unusable', { folder: config.folders.join(', '), reason });
}
