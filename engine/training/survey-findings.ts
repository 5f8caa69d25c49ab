import type { SurveyCode, SurveyFinding } from '../../contract/train.ts';
import { phrase, type Details, type Phrase } from '../../contract/texts/fill-in.ts';
import { hashDistance } from '../../model/metrics/perceptual-hash.ts';
import { leftOut } from './example-reader.ts';
import type { Evidence } from './survey.ts';
import type { Look, Seen } from './survey-look.ts';

/** Fewer pictures than this are soon learnt by heart; a few large ones are no better than many small ones. */
const FEW_PICTURES = 20;
/** As many pixels as that many pictures of half a megapixel have: a few large scans do. */
const FEW_PIXELS = 10e6;
/** Below this contrast beyond its noise a picture shows nothing: a level and a half of 8 bit. */
const FLAT = 1.5 / 255;
/** Of deeper pictures: a part of their noise, which can't be measured more exactly, or a few levels of 16 bit. */
const DEEP_FLAT = { ofNoise: 1 / 3, least: 4 / 65535 };
/** Deep pictures that use less than this part of the range: they were taken with far fewer bits. */
const NARROW = 1 / 8;
/** Half a level of what one sees at once: noise that a "clean" picture must not have. σ 3 of 255. */
const NOISY = 3 / 255;
/** Share of noisy (or clean) ones among the pictures from which on they count. */
const SOME = 0.1;
/** Noise is not measured well on less, in pixels of the shorter side. */
const MEASURABLE = 32;
/** Bits of 64 in which two copies of a picture differ at most. */
const ALIKE = 6;
/** Files that are named. */
const FILES_NAMED = 50;

type Seeing = Look & { readonly seen: Seen };

/** What may be wrong, worst first. */
export function findingsOf(evidence: Evidence): SurveyFinding[] {
  const { request, looks, odd, unreadable, counts } = evidence;
  const seeing = looks.filter((look): look is Seeing => look.seen !== null);
  const unread = looks.flatMap(({ picture, reason }) => (reason === null ? [] : [leftOut(picture, reason)]));
  const findings = [
    ...tooFew(evidence, seeing),
    ...tooSmall(evidence, seeing),
    ...about('unreadable', 'warn', [...unreadable, ...unread]),
    ...about('pair-incomplete', 'warn', odd),
    ...about('pair-mismatched', 'warn', seeing.flatMap(mismatch)),
    ...about('too-flat', 'warn', seeing.filter(isFlat).map(named(() => phrase('seen-flat')))),
    ...narrowRange(seeing),
    ...wrongNoise(request.pictures.kind, seeing),
    ...about('near-duplicates', 'warn', nearDuplicates(seeing)),
    ...mixedDepths(seeing),
    ...mixedColour(seeing),
  ];
  if (counts.validation === 0 && counts.training > 0) findings.push(finding('no-validation', 'note', {}, []));
  const order = ['stop', 'warn', 'note'];
  return findings.sort((a, b) => order.indexOf(a.weight) - order.indexOf(b.weight));
}

function tooFew({ counts, looks }: Evidence, seeing: readonly Seeing[]): SurveyFinding[] {
  const count = counts.training + counts.validation;
  const details = { count, wanted: FEW_PICTURES };
  if (count === 0 || (looks.length > 0 && seeing.length === 0)) return [finding('nothing', 'stop', {}, [])];
  const pixels = seeing.reduce((sum, { seen }) => sum + seen.width * seen.height, 0);
  return count < FEW_PICTURES && pixels < FEW_PIXELS ? [finding('too-few', 'warn', details, [])] : [];
}

/** Training leaves out what is smaller than a patch, validation what the network can't take. */
export function isTooSmall(
  { seen, forValidation }: Look,
  { request, multiple }: Pick<Evidence, 'request' | 'multiple'>,
): boolean {
  const side = forValidation ? multiple : request.patch;
  return seen !== null && Math.min(seen.width, seen.height) < side;
}

function tooSmall(evidence: Evidence, seeing: readonly Seeing[]): SurveyFinding[] {
  const { request } = evidence;
  const small = seeing.filter((look) => isTooSmall(look, evidence));
  const weight = small.length === seeing.length ? 'stop' : 'warn';
  const files = small.map(named(({ width, height }) => phrase('seen-size', { width, height })));
  return about('too-small', weight, files, { side: request.patch });
}

function mismatch({ picture, seen, partner }: Seeing): SurveyFinding['files'][number][] {
  if (!partner || (partner.width === seen.width && partner.height === seen.height)) return [];
  const sizes = { width: seen.width, height: seen.height };
  const others = { otherWidth: partner.width, otherHeight: partner.height };
  return [leftOut(picture, phrase('seen-sizes', { ...sizes, ...others }))];
}

/** Noise alone is no picture: what counts is the contrast beyond it. */
function isFlat({ seen, partner }: Seeing): boolean {
  const { contrast, noiseFactor, depth } = partner ?? seen;
  const flat = depth === 8 ? FLAT : Math.max(DEEP_FLAT.least, DEEP_FLAT.ofNoise * noiseFactor);
  return Math.sqrt(Math.max(0, contrast ** 2 - noiseFactor ** 2)) < flat;
}

/** Values of a file are spread over the range when it is read; a few pixels that are far brighter prevent it. */
function narrowRange(seeing: readonly Seeing[]): SurveyFinding[] {
  const narrow = seeing.filter((look) => look.seen.depth !== 8 && look.seen.reach < NARROW && !isFlat(look));
  const percent = ({ reach }: Seen) => Math.max(1, Math.round(100 * reach));
  const most = Math.max(...narrow.map(({ seen }) => percent(seen)));
  const files = narrow.map(named((seen) => phrase('seen-narrow', { percent: percent(seen) })));
  return about('narrow-range', 'warn', files, { most });
}

/** "Clean" pictures with noise teach that this noise is to stay; "noisy" ones without teach nothing. */
function wrongNoise(kind: 'clean' | 'pairs' | 'noisy', all: readonly Seeing[]): SurveyFinding[] {
  const seeing = all.filter(({ seen }) => Math.min(seen.width, seen.height) >= MEASURABLE);
  if (kind === 'clean') {
    const noisy = seeing.filter(({ seen }) => !seen.clean && seen.noiseFactor > NOISY);
    if (noisy.length <= SOME * seeing.length) return [];
    const factors = noisy.map(({ seen }) => seen.noiseFactor).sort((a, b) => a - b);
    const files = noisy.map(
      named(({ noiseFactor }) => phrase('seen-noise', { factor: noiseFactor.toFixed(3) })),
    );
    return about('clean-is-noisy', 'warn', files, { noiseFactor: factors[factors.length >> 1]!.toFixed(3) });
  }
  const clean = seeing.filter(({ seen }) => seen.clean);
  if (clean.length <= (1 - SOME) * seeing.length) return [];
  return about('noisy-is-clean', 'warn', clean.map(named(() => phrase('seen-no-noise'))));
}

/** Pictures to train on that look like one kept for validation: then it would praise what was learnt by heart. */
function nearDuplicates(seeing: readonly Seeing[]): SurveyFinding['files'][number][] {
  const structured = seeing.filter((look) => !isFlat(look)); // flat ones all look alike
  const validation = structured.filter(({ forValidation }) => forValidation);
  return structured.flatMap(({ picture, seen, forValidation }) => {
    if (forValidation) return [];
    const twin = validation.find((other) => hashDistance(seen.hash, other.seen.hash) <= ALIKE);
    return twin ? [leftOut(picture, phrase('seen-twin', { file: twin.picture.name }))] : [];
  });
}

function mixedDepths(seeing: readonly Seeing[]): SurveyFinding[] {
  const depths = [...new Set(seeing.map(({ seen }) => seen.depth))].sort((a, b) => a - b);
  return depths.length > 1 ? [finding('mixed-depths', 'note', { depths: depths.join(', ') }, [])] : [];
}

function mixedColour(seeing: readonly Seeing[]): SurveyFinding[] {
  const colour = seeing.filter(({ seen }) => seen.colour).length;
  const grey = seeing.length - colour;
  return colour > 0 && grey > 0 ? [finding('mixed-colour', 'note', { grey, colour }, [])] : [];
}

const named =
  (reason: (seen: Seen) => Phrase) =>
  ({ picture, seen }: Seeing) =>
    leftOut(picture, reason(seen));

/** A finding about pictures; none where there are none. */
function about(
  code: SurveyCode,
  weight: SurveyFinding['weight'],
  files: SurveyFinding['files'],
  details: Details = {},
): SurveyFinding[] {
  return files.length === 0 ? [] : [finding(code, weight, { count: files.length, ...details }, files)];
}

function finding(
  code: SurveyCode,
  weight: SurveyFinding['weight'],
  details: Details,
  files: SurveyFinding['files'],
): SurveyFinding {
  return { code, weight, details, files: files.slice(0, FILES_NAMED) };
}
