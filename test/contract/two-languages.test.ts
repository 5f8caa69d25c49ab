import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes, type ErrorCode } from '../../contract/errors.ts';
import { errorTexts, noticeTexts, type NoticeCode } from '../../contract/texts/en.ts';
import { fillIn, phrase, sayPhrase, type Detail, type Details } from '../../contract/texts/fill-in.ts';
import { modelTextsZh } from '../../contract/texts/model-texts-zh-hans.ts';
import { phraseTexts, type PhraseKey } from '../../contract/texts/phrases-en.ts';
import { phraseTextsZh } from '../../contract/texts/phrases-zh-hans.ts';
import { windowErrorTexts, windowPhraseTexts } from '../../contract/texts/window-en.ts';
import { errorTextsZh, noticeTextsZh } from '../../contract/texts/zh-hans.ts';
import { foreignWords } from './foreign-words.ts';

const gaps = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
const phraseKeys = Object.keys(phraseTexts) as PhraseKey[];
const keysWith = (prefix: RegExp) => phraseKeys.filter((key) => prefix.test(key));

/** What may stand in a gap that is filled with words. */
const words: Readonly<Record<string, readonly PhraseKey[]>> = {
  reason: phraseKeys.filter((key) => !/^(advice|expect|received|value)-/.test(key)),
  expected: keysWith(/^(expect|value)-/),
  kind: keysWith(/^kind-/),
  layout: keysWith(/^layout-/),
  known: ['no-models'],
  end: keysWith(/^end-/),
  first: keysWith(/^damage-/),
  more: keysWith(/^damage-/),
};

/** What stands in the other gaps: names, files and numbers, which are the same in every language. */
const plain: Readonly<Record<string, Detail>> = {
  ...{
    file: 'IMG 1.jpg',
    path: 'My Pictures/IMG 1.jpg',
    folder: 'My Pictures',
    home: 'x',
    output: 'a_1.png',
  },
  ...{ wanted: 'a.png', name: 'stem/kernel', paths: '“My Pictures”', place: 'a.b', log: 'engine.log' },
  ...{
    model: 'gaussian-small',
    network: 'unet',
    backend: 'onnx',
    card: 'card.json',
    input: 'x',
    named: 'selu',
  },
  ...{ parameter: 'name', received: 'x', method: 'm', text: 'said in English', tokens: '{name}', names: 'x' },
  ...{
    values: 'a, b',
    value: 'x',
    kinds: 'gaussian',
    signal: 'SIGKILL',
    code: 'EIO',
    block: 'EXIF',
    part: 'x',
  },
  ...{
    format: 'JPEG',
    extension: 'png',
    maker: 'Canon',
    colour: 'cmyk',
    shape: '3×3',
    needed: '4',
    version: '1',
  },
  ...{ source: 'Lab', written: 'RGB', noisy: '3 × 3', clean: '4 × 4', used: '0.2' },
};

/** The Chinese reader's own text in each gap of words, each that may stand there, one after the other. */
function fillings(text: string): Details[] {
  const own = gaps(text).filter((gap) => gap in words);
  const fixed = Object.fromEntries(gaps(text).map((gap) => [gap, plain[gap] ?? 7]));
  if (own.length === 0) return [fixed];
  return own.flatMap((gap) =>
    words[gap]!.map((key) => {
      const others = own.map((other) => [other, phrase(words[other]![0]!, plain as Details)]);
      return { ...fixed, ...Object.fromEntries(others), [gap]: phrase(key, insides(key)) } as Details;
    }),
  );
}

/** The gaps of a phrase, with a phrase where words stand. */
function insides(key: PhraseKey): Details {
  const filled = gaps(phraseTexts[key]).map((gap): [string, Detail] => {
    const [first] = words[gap] ?? [];
    return [gap, first && first !== key ? phrase(first, plain) : (plain[gap] ?? 7)];
  });
  return Object.fromEntries(filled);
}

test.each(errorCodes)('error %s is told in Chinese without an English word in the sentence', (code) => {
  for (const details of fillings(errorTexts[code])) {
    const sentence = fillIn(errorTextsZh[code], details, phraseTextsZh);
    expect([sentence, foreignWords(sentence)]).toEqual([sentence, []]);
    expect(sentence).not.toMatch(/…$|\{\w+\}(?<!\{name\})/);
  }
});

test.each(errorCodes)('error %s is told in English without a Chinese character', (code: ErrorCode) => {
  for (const text of [errorTexts[code], windowErrorTexts[code] ?? '']) {
    for (const details of fillings(text)) expect(fillIn(text, details)).not.toMatch(/\p{Script=Han}/u);
  }
});

test.each(Object.keys(noticeTexts) as NoticeCode[])('notice %s is told in Chinese alone', (code) => {
  for (const details of fillings(noticeTexts[code])) {
    const sentence = fillIn(noticeTextsZh[code], details, phraseTextsZh);
    expect([sentence, foreignWords(sentence)]).toEqual([sentence, []]);
  }
});

test.each(phraseKeys)('phrase %s has the same gaps in both languages, and Chinese words', (key) => {
  const spoken = sayPhrase(phrase(key, insides(key)), phraseTextsZh);
  expect([spoken, foreignWords(spoken)]).toEqual([spoken, []]);
  // In the window some name what can be done there.
  const told = windowPhraseTexts[key] ?? phraseTexts[key];
  const inChinese = new Set(gaps(phraseTextsZh[key]));
  expect([...inChinese].sort()).toEqual([...new Set(gaps(told))].sort());
});

test('a word in a gap that is filled with words is noticed', () => {
  const details = { file: 'a.jpg', reason: 'it ends early' } as unknown as Details;
  expect(foreignWords(fillIn(errorTextsZh['image-damaged'], details, phraseTextsZh))).toEqual([
    'it ends early',
  ]);
});

test('every gap of an error is known to hold words or a name', () => {
  const numbers = ['step', 'learningRate', 'count', 'limit', 'difference', 'pid', 'seconds'];
  for (const code of errorCodes) {
    const strange = gaps(errorTexts[code]).filter(
      (gap) => !(gap in words) && !(gap in plain) && !numbers.includes(gap),
    );
    expect([code, strange]).toEqual([code, []]);
  }
});

test('every model that ships has a card in Chinese', () => {
  const root = join(import.meta.dirname, '../..');
  const texts = JSON.parse(readFileSync(join(root, 'tools/bundle/texts.json'), 'utf8')) as {
    models: Record<string, unknown>;
  };
  for (const id of Object.keys(texts.models)) {
    expect([id, modelTextsZh[id]?.purpose ?? '']).toEqual([id, expect.stringMatching(/\p{Script=Han}/u)]);
    expect(foreignWords(modelTextsZh[id]!.purpose)).toEqual([]);
  }
});
