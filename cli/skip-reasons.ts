import type { SkippedInput } from '../contract/clean.ts';
import type { CliText } from '../contract/texts/cli-en.ts';
import { isTrouble } from './exit-codes.ts';
import { shown } from './places.ts';
import { say, sayFailure } from './say.ts';

/** Skips that are no trouble: many and expected, told as one line with a count. */
const quiet = {
  'own-output': 'skipped-own-outputs',
  'output-kept': 'skipped-kept',
  duplicate: 'skipped-duplicates',
  'already-done': 'skipped-already-done',
} as const satisfies Partial<Record<SkippedInput['code'], CliText>>;

const quietCodes = Object.keys(quiet) as (keyof typeof quiet)[];

/** True where an input was not tried because there is nothing left to do with it. */
export const isQuietSkip = (code: SkippedInput['code']): code is keyof typeof quiet => code in quiet;

/** Why an input was not tried, as a clause or a sentence. */
export function skipReason({ code, details }: SkippedInput): string {
  return isQuietSkip(code) ? say(`skip-${code}`, details) : sayFailure({ code, details });
}

/** One line about an input that was not tried; what was asked for and is not there has failed. */
export function skipText(one: SkippedInput, inputs: readonly string[], cwd: string): string {
  if (isTrouble(one, inputs)) return say('picture-failed', { message: skipReason(one) });
  return say('picture-skipped', { source: shown(one.source, cwd), reason: skipReason(one) });
}

/** Skips split into those told one by one and those told as counts. */
export function groupSkips(skipped: readonly SkippedInput[]): {
  single: readonly SkippedInput[];
  counts: readonly { readonly count: number; readonly reason: string }[];
} {
  const single = skipped.filter(({ code }) => !isQuietSkip(code));
  const counts = quietCodes
    .map((code) => ({
      count: skipped.filter((one) => one.code === code).length,
      reason: say(quiet[code]),
    }))
    .filter(({ count }) => count > 0);
  return { single, counts };
}
