import type { LeftOutSoFar } from '../../contract/checkpoint.ts';
import type { SeenPictures } from '../../contract/familiar.ts';
import { AppError } from '../../contract/errors.ts';
import type { ToldPicture, TrainingConfig, TrainingOutcome } from '../../contract/train.ts';
import { phrase, verbatim, type Phrase } from '../../contract/texts/fill-in.ts';
import { Random } from '../../model/noise/random.ts';
import type { Batch } from '../../model/training/batch.ts';
import { batchMaker } from './batch-maker.ts';
import { BatchesAhead } from './batches-ahead.ts';
import type { ValidationCases } from './best-model.ts';
import type { DecodePicture } from './decode-picture.ts';
import type { Example } from './example.ts';
import { ExampleReader, leftOut, type ExampleSource } from './example-reader.ts';
import { findPictures, type FoundPicture } from './find-pictures.ts';
import { noiseHere, type NoiseAdder, type NoiseConfig } from './noise-adder.ts';
import { matchPairs } from './pair-pictures.ts';
import { cutPatches } from './patches.ts';
import { PicturePool, type PoolState } from './picture-pool.ts';
import { splitPictures } from './split.ts';
import { cropForValidation, validationSet, type ValidationCrop } from './validation-set.ts';

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
  /** Mean of the training pictures, in [0, 1], about. */
  readonly brightness: number;
  /** What is asked about pictures that are not trained on. */
  readonly validation: ValidationCases;
  /** All pictures that were found, in an order that does not change. */
  readonly pictures: readonly FoundPicture[];
  /** Which of them were in memory for the last batch. */
  readonly pool: PoolState;
  /** What the pictures are divided into, by their names alone. */
  readonly split: {
    readonly training: readonly ExampleSource[];
    readonly validation: readonly ExampleSource[];
  };
  /** What they were like so far. */
  readonly seen: SeenPictures | null;
  /** Training pictures in memory, in no order that matters. */
  residents(): readonly Example[];
  /** How many of both sides are not left out so far. */
  usable(): { readonly training: number; readonly validation: number };
  /** Training pictures (or pairs) not left out so far, by position of their folder in the config. */
  countBySource(): number[];
  /** What could not be used so far. Where not all pictures fit the cache, more may turn up later. */
  leftOut(): TrainingOutcome['leftOut'];
  /** The same as checkpoints keep it, but for what finds no partner: names tell that again. */
  readonly leftOutSoFar: LeftOutSoFar;
  /** Ends what makes batches ahead. */
  close(): Promise<void>;
}

/** What the data of a training needs of the rest of the engine. */
export interface DataServices {
  readonly decode: DecodePicture;
  /** Not given: noise is made between two steps. */
  readonly noiseAdder?: (config: NoiseConfig) => NoiseAdder;
}

/** The pictures of a training that goes on, and which of them were in memory. */
export interface EarlierData {
  readonly pictures: readonly FoundPicture[];
  readonly pool: PoolState;
  readonly seen?: SeenPictures | undefined;
  readonly leftOut?: LeftOutSoFar | undefined;
}

/**
 * Finds and splits the pictures of a training and decodes as many as the cache holds.
 * @param multiple what the network needs widths and heights to be multiples of
 * @throws AppError `no-pictures`, `training-folder-unusable`, `path-not-found`
 */
export async function openTrainingData(
  config: TrainingConfig,
  multiple: number,
  { decode, noiseAdder = noiseHere }: DataServices,
  signal: AbortSignal,
  earlier: EarlierData | null = null,
): Promise<TrainingData> {
  const random = new Random(config.seed);
  const { channels } = config.network;
  const found = earlier ?? (await findPictures(config.folders, signal));
  const places = 'unreadable' in found ? found.unreadable : (earlier?.leftOut?.places ?? []);
  if (found.pictures.length === 0) throw new AppError('no-pictures', { paths: config.folders.join(', ') });
  const { sources, odd } = sourcesOf(config, found.pictures);
  if (sources.length === 0) throw unusable(config, odd[0]);
  const split = splitByFile(sources, config.validationShare, random.split('split'));
  const reader = new ExampleReader(config, decode, signal);
  if (earlier?.seen) reader.seen.restore(earlier.seen);
  if (earlier?.leftOut) leaveAgain(reader, sources, found.pictures, earlier.leftOut);

  const whole = { channels, bytes: Infinity, smallestSide: multiple };
  const kept = await readSome(split.validation, async (source) => {
    const example = await reader.read(source, whole, random);
    return example && cropForValidation(example, multiple);
  });
  const windows = random.split('window');
  const limits = {
    channels,
    bytes: Math.max(config.cache * LARGEST_SHARE, channels * (WINDOW_PATCHES * config.patch) ** 2),
    smallestSide: config.patch,
  };
  const pool = new PicturePool<ExampleSource, Example>({
    files: split.training,
    decode: (source, visit) => reader.read(source, limits, streamOf(windows, source.picture).split(visit)),
    budget: config.cache,
    random: random.split('pool'),
  });
  if (earlier) await pool.restore(earlier.pool, signal);
  else await pool.fill(signal);
  if (pool.size === 0) throw unusable(config, reader.leftOut()[0]);

  const sample = { count: BRIGHTNESS_PATCHES, side: config.patch, channels };
  const { clean } = cutPatches(
    (patch) => pool.draw(patch).picture,
    sample,
    config.augmentation,
    random.split('brightness'),
  );
  const usable = (side: readonly ExampleSource[]) => side.filter((source) => !reader.left.has(source));
  const noise = noiseAdder(config);
  const makeBatch = batchMaker(config, noise);
  const batches = new BatchesAhead(pool, (step) => makeBatch((patch) => pool.draw(patch), step));
  return {
    nextBatch: (step) => batches.next(step),
    brightness: clean.reduce((sum, value) => sum + value, 0) / clean.length,
    validation: validationSet(kept, config),
    pictures: found.pictures,
    get pool() {
      return batches.pool;
    },
    split,
    get seen() {
      return reader.seen.value;
    },
    residents: () => pool.residents,
    usable: () => ({ training: usable(split.training).length, validation: usable(split.validation).length }),
    countBySource: () => {
      const left = usable(split.training);
      return config.folders.map((_, at) => left.filter(({ picture }) => picture.source === at).length);
    },
    leftOut: () => [...places, ...odd, ...reader.leftOut()],
    get leftOutSoFar() {
      const at = new Map(found.pictures.map((picture, position) => [picture, position]));
      const pictures = [...reader.left].map(([{ picture }, reason]) => ({
        picture: at.get(picture)!,
        reason,
      }));
      return { places: [...places], pictures };
    },
    close: () => noise.close(),
  };
}

/** What could not be used before a training was taken up again is not forgotten. */
function leaveAgain(
  reader: ExampleReader,
  sources: readonly ExampleSource[],
  found: readonly FoundPicture[],
  { pictures }: LeftOutSoFar,
): void {
  const sourceOf = new Map(sources.map((source) => [source.picture, source]));
  for (const { picture: at, reason } of pictures) {
    const picture = found[at];
    const source = picture && sourceOf.get(picture);
    if (source) reader.leave(source, reason);
  }
}

/** What examples are made of, and what found no partner. */
export function sourcesOf(
  { pictures: choice }: Pick<TrainingConfig, 'pictures'>,
  pictures: readonly FoundPicture[],
): { sources: readonly ExampleSource[]; odd: TrainingOutcome['leftOut'] } {
  if (choice.kind !== 'pairs')
    return { sources: pictures.map((picture) => ({ picture, clean: null })), odd: [] };
  const { pairs, odd } = matchPairs(pictures, choice);
  return {
    sources: pairs.map(({ noisy, clean }) => ({ picture: noisy, clean })),
    odd: odd.map(({ picture, reason }) => leftOut(picture, reason)),
  };
}

/** All pages of a file fall on one side, because they are much alike; those of an only file have to be parted. */
export function splitByFile(
  sources: readonly ExampleSource[],
  share: number,
  random: Random,
): { training: ExampleSource[]; validation: ExampleSource[] } {
  const files = new Map<string, ExampleSource[]>();
  for (const source of sources) {
    const { path } = source.picture;
    files.set(path, [...(files.get(path) ?? []), source]);
  }
  if (files.size === 1) return splitPictures(sources, share, random);
  const { training, validation } = splitPictures([...files.values()], share, random);
  return { training: training.flat(), validation: validation.flat() };
}

/** A stream of its own for each picture, whatever the others. */
function streamOf(random: Random, { name, page }: FoundPicture): Random {
  return page === 0 ? random.split(name) : random.split(name).split(`page ${page}`);
}

async function readSome(
  sources: readonly ExampleSource[],
  read: (source: ExampleSource) => Promise<ValidationCrop | null>,
): Promise<ValidationCrop[]> {
  const crops: ValidationCrop[] = [];
  for (const source of sources) {
    if (crops.length === VALIDATION_PICTURES) break;
    const crop = await read(source);
    if (crop) crops.push(crop);
  }
  return crops;
}

function unusable(config: TrainingConfig, first: ToldPicture | undefined): AppError {
  return new AppError('training-folder-unusable', {
    folder: config.folders.join(', '),
    reason: first ? phrase('unusable-first', { reason: whyNot(first) }) : phrase('unusable-empty'),
  });
}

/** An error names its file; here it is the part of a sentence. */
function whyNot({ file, reason }: ToldPicture): Phrase {
  const why = 'phrase' in reason ? reason : verbatim(reason.message.replace(/\.$/, ''));
  const named = 'phrase' in reason ? false : reason.message.includes(file);
  return named ? why : phrase('unusable-file', { file, reason: why });
}
