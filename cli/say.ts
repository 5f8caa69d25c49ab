import { errorTexts, noticeTexts } from '../contract/texts/en.ts';
import { cliTexts, type CliText } from '../contract/texts/cli-en.ts';
import { fillIn, type Details } from '../contract/texts/fill-in.ts';
import { failureOf, type ErrorCode } from '../contract/errors.ts';
import type { Notice } from '../contract/notice.ts';
import { printable } from './printable.ts';

/** A sentence of the catalogue, with everything that is filled in made safe for a terminal. */
export function say(text: CliText, details: Details = {}): string {
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

function safe(details: Details): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'string' ? printable(value) : value,
    ]),
  );
}
