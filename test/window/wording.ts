import { fillIn, type Details } from '../../contract/texts/fill-in.ts';
import { windowTexts, type WindowText } from '../../contract/texts/window-en.ts';

/** What the window says, from its catalogue. */
export const say = (text: WindowText, details: Details = {}): string => fillIn(windowTexts[text], details);

/** What the window says, whatever is filled in. */
export function saying(text: WindowText): RegExp {
  return sentencePattern(windowTexts[text]);
}

/** A sentence of any catalogue with anything where it has braces. */
export function sentencePattern(sentence: string, details: Details = {}): RegExp {
  const escaped = fillIn(sentence, { ...anything(sentence), ...details }).replace(
    /[.*+?^${}()|[\]\\]/g,
    '\\$&',
  );
  return new RegExp(escaped.replaceAll(gap, '.+'));
}

const gap = '\u0001';

function anything(sentence: string): Details {
  return Object.fromEntries([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, gap]));
}
