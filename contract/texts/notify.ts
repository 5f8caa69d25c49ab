import type { BatchState } from '../batch.ts';
import type { Failure } from '../errors.ts';
import { fillIn } from './fill-in.ts';
import { phraseTexts } from './phrases-en.ts';
import { phraseTextsZh } from './phrases-zh-hans.ts';
import { windowErrorTexts } from './window-en.ts';
import { errorTextsZh } from './zh-hans.ts';

/** What the system tells of a batch when the window is not in front. */
const english = {
  done: 'Pictures are cleaned',
  counts: '{cleaned} cleaned, {unchanged} needed no cleaning, {failed} failed, {kept} kept as they were',
  ended: 'Cleaning ended early',
} as const;

const simplifiedChinese: Readonly<Record<keyof typeof english, string>> = {
  done: '图片已清理完毕',
  counts: '{cleaned} 张已清理，{unchanged} 张无需清理，{failed} 张失败，{kept} 张保持原样',
  ended: '清理提前结束',
};

/** The words for the end of a batch, in a language by its BCP 47 tag; English where there are none. */
export function batchEndText(
  language: string,
  counts: BatchState['counts'],
  endedBy: Failure | null,
): { readonly title: string; readonly body: string } {
  const chinese = /^zh\b(?!-(?:hant|tw|hk|mo)\b)/i.test(language);
  const texts = chinese ? simplifiedChinese : english;
  const { done, unchanged, failed, kept } = counts;
  const said = { cleaned: done - unchanged, unchanged, failed, kept };
  if (!endedBy) return { title: texts.done, body: fillIn(texts.counts, said) };
  const sentence = chinese ? errorTextsZh[endedBy.code] : windowErrorTexts[endedBy.code];
  const phrases = chinese ? phraseTextsZh : phraseTexts;
  return {
    title: texts.ended,
    body: sentence ? fillIn(sentence, endedBy.details, phrases) : endedBy.message,
  };
}
