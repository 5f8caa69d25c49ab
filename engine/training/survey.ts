import type { SurveyRequest } from '../../contract/engine-api.ts';
import type { SurveyCode, SurveySample, TrainingOutcome, TrainingSurvey } from '../../contract/train.ts';
import { Random } from '../../model/noise/random.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import type { DecodePicture } from './decode-picture.ts';
import type { ExampleSource } from './example-reader.ts';
import { findPictures } from './find-pictures.ts';
import { matchPairs, suggestPairs } from './pair-pictures.ts';
import { findingsOf, isTooSmall } from './survey-findings.ts';
import { lookAt, type Look } from './survey-look.ts';
import { sourcesOf, splitByFile } from './training-data.ts';

/** Of more pictures a sample is decoded, spread evenly: what is wrong with a folder shows in that many. */
const MOST_LOOKED_AT = 400;
/** Of large pictures fewer, taken at random: nobody waits longer than this, in milliseconds. */
const LONGEST = 30_000;
/** But so many in any case. */
const LEAST_LOOKED_AT = 24;
/** Pairs that are shown. */
const PAIRS_SHOWN = 50;

/** Pictures that can be shown, and pinned. */
const SAMPLES = 48;

/**
 * Looks at the pictures of a training before it starts: how many, how large, how deep, and what may be wrong with them.
 * Split as the training will, so that what it says of both sides holds. Opens nothing for writing.
 * @param progress is told the share of the pictures looked at
 * @throws AppError `path-not-found`; the signal's reason when aborted
 */
export async function surveyTrainingFolder(
  request: SurveyRequest,
  decode: DecodePicture,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<TrainingSurvey> {
  const found = await findPictures(request.folders, signal);
  const { sources, odd } = sourcesOf(request, found.pictures);
  const split = splitByFile(sources, request.validationShare, new Random(request.seed).split('split'));
  const chosen = [...spread(split.training, MOST_LOOKED_AT), ...spread(split.validation, MOST_LOOKED_AT / 4)];
  const isValidation = (i: number) => i >= chosen.length - countOf(split.validation);
  const looked = await lookAtSome(chosen, isValidation, request.seed, { decode, progress, signal });
  const looks = looked.map(({ look }) => look);
  const samples = looked.flatMap(({ look, i }) =>
    look.seen ? [sampleOf(chosen[i]!, look.forValidation)] : [],
  );
  const { multiple } = geometryOf(request.network);
  const { unreadable } = found;
  const unread = (side: boolean) =>
    looks.filter(({ seen, forValidation }) => seen === null && forValidation === side).length;
  const counts = {
    training: split.training.length - unread(false),
    validation: split.validation.length - unread(true),
  };
  const small = (side: boolean) =>
    looks.filter((look) => look.forValidation === side && isTooSmall(look, { request, multiple })).length;
  const usable = {
    training: counts.training - small(false),
    validation: counts.validation - small(true),
  };
  const suggestedPairs = suggestionFor(request, found.pictures);
  const likePairs = suggestedPairs !== null && request.pictures.kind !== 'pairs';
  return {
    ...summaryOf(looks),
    ...usable,
    pictures: usable.training + usable.validation,
    files: new Set(found.pictures.map(({ path }) => path)).size,
    pairs: sources
      .filter(({ picture }) => picture.page === 0)
      .slice(0, PAIRS_SHOWN)
      .flatMap(pairOf),
    suggestedPairs,
    findings: findingsOf({ request, multiple, looks, odd, unreadable, counts }).filter(
      ({ code }) => !likePairs || !ofPairs.has(code),
    ),
    samples: someOf(samples),
  };
}

/** What is wrong only because pairs are not taken as such, which is what is to be said. */
const ofPairs: ReadonlySet<SurveyCode> = new Set(['clean-is-noisy', 'noisy-is-clean', 'near-duplicates']);

interface Looking {
  readonly decode: DecodePicture;
  readonly progress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Looks at pictures until all were seen or the time is over. Answers in their order. */
async function lookAtSome(
  chosen: readonly ExampleSource[],
  isValidation: (i: number) => boolean,
  seed: number,
  { decode, progress, signal }: Looking,
): Promise<{ i: number; look: Look }[]> {
  const looked: { i: number; look: Look }[] = [];
  const started = performance.now();
  for (const i of new Random(seed).split('look').shuffle([...chosen.keys()])) {
    signal.throwIfAborted();
    const used = (performance.now() - started) / LONGEST;
    if (used > 1 && looked.length >= LEAST_LOOKED_AT) break;
    looked.push({ i, look: await lookAt(chosen[i]!, isValidation(i), decode, signal) });
    progress(Math.max(looked.length / chosen.length, Math.min(used, 0.99)));
  }
  return looked.sort((a, b) => a.i - b.i);
}

const countOf = (validation: readonly ExampleSource[]): number =>
  Math.min(validation.length, MOST_LOOKED_AT / 4);

/** So many of a list, evenly spread over it. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}

/** Those of the validation first, at most a half, and the rest spread over all. */
function someOf(samples: readonly SurveySample[]): SurveySample[] {
  const kept = spread(
    samples.filter(({ validation }) => validation),
    SAMPLES / 2,
  );
  const others = samples.filter(({ validation }) => !validation);
  return [...kept, ...spread(others, SAMPLES - kept.length)];
}

function sampleOf({ picture, clean }: ExampleSource, validation: boolean): SurveySample {
  const { path, name, page } = picture;
  return { file: path, name, page, clean: clean?.path ?? null, validation };
}

function pairOf({ picture, clean }: ExampleSource): { noisy: string; clean: string }[] {
  return clean ? [{ noisy: picture.path, clean: clean.path }] : [];
}

/** Another layout than the one asked for, where it matches more; pairs, where the pictures look like such. */
function suggestionFor(
  { pictures: choice }: SurveyRequest,
  pictures: Parameters<typeof suggestPairs>[0],
): TrainingSurvey['suggestedPairs'] {
  const suggested = suggestPairs(pictures);
  if (!suggested) return null;
  // Where they were not asked for, only if most of the pictures are pairs.
  if (choice.kind !== 'pairs') {
    return matchPairs(pictures, suggested).pairs.length * 4 > pictures.length ? suggested : null;
  }
  const more = matchPairs(pictures, suggested).pairs.length > matchPairs(pictures, choice).pairs.length;
  return more ? suggested : null;
}

function summaryOf(looks: readonly Look[]) {
  const seen = looks.flatMap(({ seen }) => seen ?? []);
  const sides = seen.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b);
  const factors = seen.map(({ noiseFactor }) => noiseFactor).sort((a, b) => a - b);
  const depths: Record<string, number> = {};
  for (const { depth } of seen) depths[depth] = (depths[depth] ?? 0) + 1;
  return {
    looked: seen.length,
    sides:
      seen.length === 0
        ? null
        : { smallest: sides[0]!, median: sides[sides.length >> 1]!, largest: sides.at(-1)! },
    depths,
    grey: seen.filter(({ colour }) => !colour).length,
    colour: seen.filter(({ colour }) => colour).length,
    noiseFactor: factors[factors.length >> 1] ?? null,
  };
}

/** What findings are made of. */
export interface Evidence {
  readonly request: SurveyRequest;
  /** What the network needs widths and heights to be multiples of. */
  readonly multiple: number;
  readonly looks: readonly Look[];
  readonly odd: TrainingOutcome['leftOut'];
  readonly unreadable: TrainingOutcome['leftOut'];
  readonly counts: { readonly training: number; readonly validation: number };
}
