import { phraseTexts, type PhraseKey } from './phrases-en.ts';

/** Words inside a sentence, by their key in the catalogue: each reader gets them in their own language. */
export interface Phrase {
  readonly phrase: PhraseKey;
  readonly details?: Details;
}

/** A name, a number or a file stands as it is in every language; words are a phrase. */
export type Detail = string | number | Phrase;

/** What any sentence is filled in with. */
export type Fillings = Readonly<Record<string, Detail>>;

/** What a sentence about an error or a result is filled in with. What is always said in words can be nothing but a phrase. */
export interface Details {
  readonly reason?: Phrase;
  readonly expected?: Phrase;
  readonly kind?: Phrase;
  readonly layout?: Phrase;
  readonly [name: string]: Detail;
}

type Phrases = Readonly<Record<PhraseKey, string>>;

export function phrase(key: PhraseKey, details?: Details): Phrase {
  return details ? { phrase: key, details } : { phrase: key };
}

/** What another program or a person said, in their words. */
export const verbatim = (text: string): Phrase => phrase('verbatim', { text });

/** Where in a program something went wrong: for logs, not for people. */
const stackLine = /^\s*at |node:internal|^\s*\^+\s*$|^node:/;
const longestSaid = 500;

/** The words of an error of another program, without the traces that some carry in their message. */
export function saidBy(thrown: unknown): Phrase {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const lines = said.split(/\r?\n/).filter((line) => !stackLine.test(line));
  return verbatim(lines.join(' ').replace(/\s+/g, ' ').trim().slice(0, longestSaid) || 'no reason given');
}

/** Several phrases, one after the other. */
export function listed([first, ...more]: readonly Phrase[]): Phrase {
  if (!first) return verbatim('');
  return more.length === 0 ? first : phrase('listed', { first, more: listed(more) });
}

/** Puts `details.file` where the sentence says `{file}`. A missing detail leaves a visible gap mark. */
export function fillIn(sentence: string, details: Fillings, phrases: Phrases = phraseTexts): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    const detail = details[name];
    return typeof detail === 'object' ? sayPhrase(detail, phrases) : String(detail ?? '…');
  });
}

/** A phrase of a version that is not this one may not be known. */
export function sayPhrase({ phrase: key, details = {} }: Phrase, phrases: Phrases = phraseTexts): string {
  return fillIn(phrases[key] ?? '…', details, phrases);
}

/** The same details with every text in them changed, those inside phrases too. */
export function withTexts(details: Fillings, change: (text: string) => string): Details {
  const changed = (detail: Detail): Detail => {
    if (typeof detail === 'string') return change(detail);
    if (typeof detail === 'number' || !detail.details) return detail;
    return phrase(detail.phrase, withTexts(detail.details, change));
  };
  return Object.fromEntries(Object.entries(details).map(([name, detail]) => [name, changed(detail)]));
}
