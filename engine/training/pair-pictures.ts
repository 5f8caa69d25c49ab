import { basename } from 'node:path';
import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import type { TrainingPictures } from '../../contract/train.ts';
import type { FoundPicture } from './find-pictures.ts';

/** Two pictures of the same scene. */
export interface Pair {
  readonly noisy: FoundPicture;
  readonly clean: FoundPicture;
}

export interface MatchedPairs {
  readonly pairs: readonly Pair[];
  /** Pictures without a partner, each with the reason. */
  readonly odd: readonly { readonly picture: FoundPicture; readonly reason: Phrase }[];
}

/** A pattern in its parts: `noisy/*` names a folder, `*_n` a suffix, `n_*` a prefix; both may be given. */
interface Pattern {
  readonly folder: string | null;
  readonly prefix: string;
  readonly suffix: string;
}

export type PairPatterns = Omit<Extract<TrainingPictures, { kind: 'pairs' }>, 'kind'>;

/** Ways in which collections of pairs are usually laid out. */
const usualPatterns: readonly PairPatterns[] = [
  ...[
    ['noisy', 'clean'],
    ['noisy', 'gt'],
    ['input', 'target'],
    ['low', 'high'],
  ].flatMap(([noisy, clean]) => [
    { noisy: `${noisy}/*`, clean: `${clean}/*` },
    { noisy: `*_${noisy}`, clean: `*_${clean}` },
    { noisy: `*-${noisy}`, clean: `*-${clean}` },
    { noisy: `${noisy}_*`, clean: `${clean}_*` },
  ]),
  { noisy: '*_real', clean: '*_mean' },
  { noisy: '*_n', clean: '*_c' },
];

/**
 * Finds the partners of pictures by what of their paths is the same once the patterns' own parts are taken away:
 * `room/noisy/a.jpg` and `room/clean/a.png` by `room/a`. Upper and lower case and endings of files do not count.
 * A picture that both patterns fit is what the longer one says.
 */
export function matchPairs(pictures: readonly FoundPicture[], patterns: PairPatterns): MatchedPairs {
  const [noisy, clean] = [readPattern(patterns.noisy), readPattern(patterns.clean)];
  const sides = { noisy: new Map<string, FoundPicture>(), clean: new Map<string, FoundPicture>() };
  const odd: { picture: FoundPicture; reason: Phrase }[] = [];
  for (const picture of pictures) {
    const keys = { noisy: keyOf(picture, noisy), clean: keyOf(picture, clean) };
    const side =
      keys.clean !== null && (keys.noisy === null || lengthOf(clean) > lengthOf(noisy)) ? 'clean' : 'noisy';
    const key = keys[side];
    const other = key === null ? undefined : sides[side].get(key);
    if (key === null)
      odd.push({ picture, reason: phrase('pair-neither', { noisy: patterns.noisy, clean: patterns.clean }) });
    else if (other) odd.push({ picture, reason: phrase('pair-twice', { file: other.name }) });
    else sides[side].set(key, picture);
  }
  const pairs: Pair[] = [];
  for (const [key, picture] of sides.noisy) {
    const partner = sides.clean.get(key);
    sides.clean.delete(key);
    if (!partner) odd.push({ picture, reason: phrase('pair-none', { pattern: patterns.clean }) });
    else if (partner.pages !== picture.pages) {
      const reason = phrase('pair-pages', { pages: picture.pages, others: partner.pages });
      odd.push({ picture, reason });
    } else pairs.push({ noisy: picture, clean: partner });
  }
  for (const picture of sides.clean.values()) {
    odd.push({ picture, reason: phrase('pair-none', { pattern: patterns.noisy }) });
  }
  return { pairs, odd };
}

/** The usual layout in which most pictures find a partner; null where none finds any. */
export function suggestPairs(pictures: readonly FoundPicture[]): PairPatterns | null {
  let most = 0;
  let best: PairPatterns | null = null;
  for (const patterns of usualPatterns) {
    const { pairs } = matchPairs(pictures, patterns);
    if (pairs.length > most) [most, best] = [pairs.length, patterns];
  }
  return best;
}

function readPattern(text: string): Pattern {
  const slash = text.lastIndexOf('/');
  const [prefix = '', suffix = ''] = text
    .slice(slash + 1)
    .toLowerCase()
    .split('*');
  return { folder: slash < 0 ? null : text.slice(0, slash).toLowerCase(), prefix, suffix };
}

const lengthOf = ({ folder, prefix, suffix }: Pattern): number =>
  (folder?.length ?? 0) + prefix.length + suffix.length;

/** What a picture shares with its partner; null where the pattern does not fit. */
function keyOf(picture: FoundPicture, { folder, prefix, suffix }: Pattern): string | null {
  const { name, page } = picture;
  const parts = name.toLowerCase().split('/');
  // Where the two sides were chosen as two folders, partners lie below both; else below the same.
  const bySource =
    folder !== null && folder === nameOfSource(picture) && !parts.slice(0, -1).includes(folder);
  const source = bySource ? '' : picture.source;
  const stem = parts.pop()!.replace(/\.[^.]*$/, '');
  if (!stem.startsWith(prefix) || !stem.endsWith(suffix) || stem.length < prefix.length + suffix.length)
    return null;
  if (folder !== null && !bySource) {
    const at = parts.lastIndexOf(folder);
    if (at < 0) return null;
    parts.splice(at, 1);
  }
  const middle = stem.slice(prefix.length, stem.length - suffix.length);
  return [source, ...parts, middle, page].join('/');
}

/** The name of the folder that was chosen, in lower case. */
function nameOfSource({ path, name }: FoundPicture): string {
  return basename(path.slice(0, path.length - name.length)).toLowerCase();
}
