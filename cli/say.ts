import { errorTexts, noticeTexts } from '../contract/texts/en.ts';
import { cliTexts, type CliText } from '../contract/texts/cli-en.ts';
import { fillIn, sayPhrase, withTexts, type Details, type Fillings } from '../contract/texts/fill-in.ts';
import { failureOf, type ErrorCode, type Said } from '../contract/errors.ts';
import type { Notice } from '../contract/notice.ts';
import { trainingTexts, verdictText } from '../contract/texts/training-en.ts';
import type { SurveyFinding, TrainingVerdict } from '../contract/train.ts';
import { printable } from './printable.ts';

/** A sentence of the catalogue, with everything that is filled in made safe for a terminal. */
export function say(text: CliText, details: Fillings = {}): string {
  return fillIn(cliTexts[text], safe(details));
}

export function sayNotice({ code, details }: Notice): string {
  return fillIn(noticeTexts[code], safe(details));
}

/** The sentence of an error, safe for a terminal whatever the names in it hold. */
export function sayFailure(failure: { readonly code: ErrorCode; readonly details: Details }): string {
  return fillIn(errorTexts[failure.code], safe(failure.details));
}

export const sayError = (thrown: unknown): string => sayFailure(failureOf(thrown));

/** What an engine or this machine has to say. */
export function sayWords(said: Said): string {
  return 'phrase' in said ? printable(sayPhrase(said)) : sayFailure(said);
}

const safe = (details: Fillings): Fillings => withTexts(details, printable);

/** How a training is getting on. */
export function sayVerdict(verdict: TrainingVerdict): string {
  return fillIn(trainingTexts[verdictText(verdict)], 'since' in verdict ? { since: verdict.since } : {});
}

/** That it runs on WebAssembly, and how much slower that is. */
export const sayOnWasm = (times: number): string => fillIn(trainingTexts['training-on-wasm'], { times });

/** What may be wrong with the pictures of a training, and what to do about it. */
export const sayFinding = ({ code, details }: Pick<SurveyFinding, 'code' | 'details'>): string =>
  fillIn(trainingTexts[`finding-${code}`], safe(details));
