import { hostTexts, type HostText } from './host-en.ts';
import { hostTextsZhHans } from './host-zh-hans.ts';

export type HostTexts = Readonly<Record<HostText, string>>;

/** The sentences of the hosts in a language, by its BCP 47 tag; English where there are none. */
export function hostTextsIn(language: string): HostTexts {
  return /^zh\b(?!-(?:hant|tw|hk|mo)\b)/i.test(language) ? hostTextsZhHans : hostTexts;
}
