import type { PinnedFile } from '../../contract/engine-api.ts';
import type { PinnedPicture, TrainingConfig, TrainingOutcome } from '../../contract/train.ts';
import { basename } from 'node:path';
import type { FloatImage } from '../../model/image.ts';
import { addMixture, amountAt } from '../../model/noise/mixture.ts';
import { Random } from '../../model/noise/random.ts';
import { clipAndRound } from '../../model/training/noisy-batch.ts';
import type { DecodePicture } from './decode-picture.ts';
import { ExampleReader, type ExampleSource } from './example-reader.ts';
import { middleOf } from './validation-crop.ts';
import type { TrainingData } from './training-data.ts';

/** Pictures that are shown where the person chose none. */
const SHOWN = 4;
/** Longest side of the piece that is shown, pixel for pixel. */
const LONGEST_SIDE = 288;

/** A piece of a picture that is looked at while a network learns. */
export interface Pinned {
  readonly picture: PinnedPicture;
  readonly noisy: FloatImage;
  readonly clean: FloatImage | null;
  /** The noise factor that the network is told. */
  readonly told: number;
}

export interface PinnedPictures {
  readonly pinned: readonly Pinned[];
  /** Those that cannot be shown, with the reason. */
  readonly leftOut: TrainingOutcome['leftOut'];
}

/**
 * The middles of the pictures that a person chose, or of the first that validation looks at. A clean one of the training
 * gets noise from the middle of the ranges, always the same; any other picture is shown as it is.
 */
export async function openPinned(
  wanted: readonly PinnedFile[],
  config: TrainingConfig,
  { split }: Pick<TrainingData, 'split'>,
  services: { readonly decode: DecodePicture; readonly multiple: number; readonly signal: AbortSignal },
): Promise<PinnedPictures> {
  const { decode, multiple, signal } = services;
  const own = new ExampleReader(config, decode, signal);
  const foreign = new ExampleReader({ ...config, pictures: { kind: 'noisy' } }, decode, signal);
  const limits = { channels: config.network.channels, bytes: Infinity, smallestSide: multiple };
  const random = new Random(config.seed).split('pinned');
  const pinned: Pinned[] = [];
  for (const candidate of candidates(wanted, split)) {
    if (pinned.length === SHOWN) break;
    const { source, validation, known } = candidate;
    const example = await (known ? own : foreign).read(source, limits, random);
    if (!example) continue;
    const { file, name, page } = { ...source.picture, file: source.picture.path };
    const piece = middleOf(example.picture, multiple, LONGEST_SIDE);
    const target = example.target && middleOf(example.target, multiple, LONGEST_SIDE);
    const eightBit = example.picture.samples instanceof Uint8Array;
    const shown =
      known && config.pictures.kind === 'clean'
        ? withNoise(piece, config, eightBit, random.split(pinned.length))
        : { noisy: piece, clean: target, told: example.noiseFactor };
    const { width, height } = piece;
    const picture = { file, name, page, validation, width, height, hasClean: shown.clean !== null };
    pinned.push({ picture, ...shown });
  }
  // Of those nobody asked for, others are shown instead.
  const lost = wanted.length > 0 ? [...own.leftOut(), ...foreign.leftOut()] : [];
  return { pinned, leftOut: lost };
}

interface Candidate {
  readonly source: ExampleSource;
  readonly validation: boolean;
  /** Whether it belongs to the training. */
  readonly known: boolean;
}

function* candidates(wanted: readonly PinnedFile[], split: TrainingData['split']): Generator<Candidate> {
  const sides = [
    { sources: split.validation, validation: true },
    { sources: split.training, validation: false },
  ];
  if (wanted.length === 0) {
    for (const { sources, validation } of sides) {
      for (const source of sources) yield { source, validation, known: true };
    }
  }
  for (const { file, page } of wanted) {
    const found = sides.flatMap(({ sources, validation }) => {
      const source = sources.find(({ picture }) => picture.path === file && picture.page === page);
      return source ? [{ source, validation, known: true }] : [];
    });
    yield found[0] ?? { source: foreignSource(file, page), validation: true, known: false };
  }
}

/** A picture that is only looked at. */
function foreignSource(path: string, page: number): ExampleSource {
  const picture = { path, source: 0, name: basename(path), page, pages: page + 1, bytes: 0, modifiedMs: 0 };
  return { picture, clean: null };
}

function withNoise(
  clean: FloatImage,
  { noise }: TrainingConfig,
  eightBit: boolean,
  random: Random,
): Omit<Pinned, 'picture'> {
  const noisy = { ...clean, samples: clean.samples.slice() };
  const amounts = noise.map((range) => amountAt(range, 0.5));
  const told = addMixture(noisy, amounts, random);
  if (eightBit) clipAndRound(noisy.samples);
  return { noisy, clean, told };
}
