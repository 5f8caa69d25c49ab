import type { Failure, Said } from '../../contract/errors.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { errorTexts, noticeTexts } from '../../contract/texts/en.ts';
import { fillIn, sayPhrase, type Details } from '../../contract/texts/fill-in.ts';
import {
  windowErrorTexts,
  windowPhraseTexts,
  windowTexts,
  type WindowText,
} from '../../contract/texts/window-en.ts';
import { phraseTexts } from '../../contract/texts/phrases-en.ts';
import { modelTextsZh } from '../../contract/texts/model-texts-zh-hans.ts';
import { phraseTextsZh } from '../../contract/texts/phrases-zh-hans.ts';
import { windowTextsZh } from '../../contract/texts/window-zh-hans.ts';
import { errorTextsZh, noticeTextsZh } from '../../contract/texts/zh-hans.ts';
import type { Notice } from '../../contract/notice.ts';
import { timeLeft } from './time-left.ts';

const catalogues = {
  en: {
    texts: windowTexts,
    errors: { ...errorTexts, ...windowErrorTexts },
    notices: noticeTexts,
    phrases: { ...phraseTexts, ...windowPhraseTexts },
    models: {} as typeof modelTextsZh,
  },
  'zh-Hans': {
    texts: windowTextsZh,
    errors: errorTextsZh,
    notices: noticeTextsZh,
    phrases: phraseTextsZh,
    models: modelTextsZh,
  },
};
type DescribedModel = Pick<ModelSummary, 'id' | 'bundled' | 'card'>;
type Language = keyof typeof catalogues;

/** A text of which there is one for a single thing and one for several. */
export type Counted = {
  [K in WindowText]: K extends `${infer Stem}-one`
    ? `${Stem}-other` extends WindowText
      ? Stem
      : never
    : never;
}[WindowText];

/** The chosen language: every text a person reads, and numbers the way it writes them. */
export class Words {
  #language = $state<Language>('en');
  readonly #catalogue = $derived(catalogues[this.#language]);

  get language(): Language {
    return this.#language;
  }

  choose(setting: 'system' | Language, locale: string): void {
    const system: Language = locale.toLowerCase().startsWith('zh') ? 'zh-Hans' : 'en';
    this.#language = setting === 'system' ? system : setting;
  }

  say(text: WindowText, details: Details = {}): string {
    return this.#fill(this.#catalogue.texts[text], details);
  }

  /** `count` is put in the place of `{count}`, written as the language does. */
  count(stem: Counted, count: number, details: Details = {}): string {
    const key = `${stem}-${count === 1 ? 'one' : 'other'}` as WindowText;
    return this.say(key, { ...details, count: this.number(count) });
  }

  failure({ code, details }: Pick<Failure, 'code' | 'details'>): string {
    return this.#fill(this.#catalogue.errors[code], details);
  }

  notice({ code, details }: Notice): string {
    return this.#fill(this.#catalogue.notices[code], details);
  }

  /** What an engine, a model or this machine has to say. */
  told(said: Said): string {
    return 'phrase' in said ? sayPhrase(said, this.#catalogue.phrases) : this.failure(said);
  }

  /** What a model is for. Cards are written in English; those that ship with the app are told in the own language. */
  purpose({ id, bundled, card }: DescribedModel): string {
    return (bundled && this.#catalogue.models[id]?.purpose) || card.purpose;
  }

  licence({ id, bundled, card }: DescribedModel): string {
    return (bundled && this.#catalogue.models[id]?.licence) || card.licence;
  }

  #fill(sentence: string, details: Details): string {
    return fillIn(sentence, details, this.#catalogue.phrases);
  }

  number(value: number, digits = 0): string {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return value.toLocaleString(this.#language, options);
  }

  percent(fraction: number): string {
    return fraction.toLocaleString(this.#language, { style: 'percent', maximumFractionDigits: 0 });
  }

  /** File sizes in the decimal units that systems show. */
  bytes(bytes: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
    const value = bytes / 1000 ** step;
    return `${this.number(value, step > 0 && value < 10 ? 1 : 0)} ${units[step]}`;
  }

  megapixels(megapixels: number): string {
    return this.say('megapixels', { count: this.number(megapixels, megapixels < 10 ? 1 : 0) });
  }

  /** How large a picture is, in as few signs as tell one from another: 24 MP, 5.2 MP, 160 × 120. */
  area({ width, height }: { readonly width: number; readonly height: number }): string {
    const megapixels = (width * height) / 1e6;
    return megapixels < 0.1 ? this.say('pixels', { width, height }) : this.megapixels(megapixels);
  }

  date(iso: string): string {
    return new Date(iso).toLocaleString(this.#language, { dateStyle: 'medium', timeStyle: 'short' });
  }

  /** “About 4 minutes left”. */
  timeLeft(seconds: number | null): string {
    const left = timeLeft(seconds);
    switch (left.unit) {
      case 'unknown':
        return this.say('time-unknown');
      case 'moment':
        return this.say('time-moment');
      case 'seconds':
        return this.say('time-seconds', { count: left.count });
      case 'minutes':
        return this.count('time-minutes', left.count);
      case 'hours':
        return this.say('time-hours', { hours: left.count, minutes: left.minutes });
    }
  }

  /** A length of time that has passed, exact enough to read: “3 min 20 s”. */
  duration(seconds: number): string {
    if (seconds < 60)
      return this.say('duration-seconds', { seconds: this.number(seconds, seconds < 10 ? 1 : 0) });
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return this.say('duration-minutes', { minutes, seconds: Math.round(seconds % 60) });
    return this.say('duration-hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  }
}
