import { expect, test } from 'vitest';
import { errorTexts, noticeTexts } from '../../contract/texts/en.ts';
import { windowErrorTexts, windowTexts } from '../../contract/texts/window-en.ts';
import { windowTextsZh } from '../../contract/texts/window-zh-hans.ts';
import { errorTextsZh, noticeTextsZh } from '../../contract/texts/zh-hans.ts';
import { memoryChoices, threadChoices } from '../../renderer/screens/settings/limits.ts';
import { timeLeft } from '../../renderer/state/time-left.ts';

const gaps = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

test.each([
  ['the window', windowTexts, windowTextsZh],
  ['errors', errorTexts, errorTextsZh],
  ['notices', noticeTexts, noticeTextsZh],
] as const)(
  'both languages of %s have the same texts, filled in with the same things',
  (_, english, chinese) => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      const translated = (chinese as Readonly<Record<string, string>>)[key] ?? '';
      expect([key, gaps(translated)]).toEqual([key, gaps(text)]);
      expect([key, translated.trim().length > 0]).toEqual([key, true]);
    }
  },
);

test('sentences of the window name the same things as those they stand for, and no option of the command line', () => {
  for (const [code, text] of Object.entries(windowErrorTexts)) {
    const missing = gaps(text).filter(
      (gap) => !gaps(errorTexts[code as keyof typeof errorTexts]).includes(gap),
    );
    expect([code, missing]).toEqual([code, []]);
  }
  const shown = { ...errorTexts, ...windowErrorTexts, ...errorTextsZh };
  for (const [code, text] of Object.entries(shown)) expect([code, text]).not.toEqual([code, expect.stringMatching(/ --\w/)]); // prettier-ignore
});

test('what is counted has a text for one and a text for several', () => {
  const keys = Object.keys(windowTexts);
  for (const key of keys.filter((name) => name.endsWith('-one'))) {
    expect(keys).toContain(key.replace(/-one$/, '-other'));
  }
});

test.each([
  [null, { unit: 'unknown' }],
  [Infinity, { unit: 'unknown' }],
  [3, { unit: 'moment' }],
  [21, { unit: 'seconds', count: 30 }],
  [58, { unit: 'minutes', count: 1 }],
  [4 * 60 + 10, { unit: 'minutes', count: 4 }],
  [75 * 60, { unit: 'hours', count: 1, minutes: 15 }],
  [3 * 3600 + 22 * 60, { unit: 'hours', count: 3, minutes: 20 }],
  [3 * 3600 + 59 * 60, { unit: 'hours', count: 4, minutes: 0 }],
])('%s seconds are said coarsely', (seconds, words) => {
  expect(timeLeft(seconds)).toEqual(words);
});

test('less time is never said to be more', () => {
  const inSeconds = (left: ReturnType<typeof timeLeft>) => {
    if (left.unit === 'hours') return left.count * 3600 + left.minutes * 60;
    if (left.unit === 'minutes' || left.unit === 'seconds')
      return left.count * (left.unit === 'minutes' ? 60 : 1);
    return 0;
  };
  for (let seconds = 1; seconds < 20_000; seconds += 7) {
    expect(inSeconds(timeLeft(seconds))).toBeLessThanOrEqual(inSeconds(timeLeft(seconds + 7)));
  }
});

test('the choices of threads and memory hold the present one and nothing beyond the machine', () => {
  expect(threadChoices(4, 0)).toEqual([0, 1, 2, 3, 4]);
  expect(threadChoices(4, 7)).toContain(7);
  expect(memoryChoices(8e9, 0)).toEqual([0, 1e9, 2e9, 3e9, 4e9, 6e9]);
});
