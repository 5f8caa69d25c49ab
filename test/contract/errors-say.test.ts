import { expect, test } from 'vitest';
import { AppError, errorCodes, failureOf, type ErrorCode } from '../../contract/errors.ts';
import { errorTexts } from '../../contract/texts/en.ts';
import { fillIn, phrase, type Detail, type Details } from '../../contract/texts/fill-in.ts';
import { phraseTextsZh } from '../../contract/texts/phrases-zh-hans.ts';
import { windowErrorTexts } from '../../contract/texts/window-en.ts';
import { errorTextsZh } from '../../contract/texts/zh-hans.ts';

/** Each sentence that a person may be told: of the command line, of the window, in Chinese. */
const sentences = errorCodes.flatMap((code) => [
  { code, tongue: 'English', text: errorTexts[code] },
  { code, tongue: 'Chinese', text: errorTextsZh[code] },
  ...(code in windowErrorTexts
    ? [{ code, tongue: 'English in the window', text: windowErrorTexts[code]! }]
    : []),
]);

const gapsIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

/** It was the person's own wish: there is nothing to explain and nothing to do. */
const wished: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['cancelled']);

/**
 * Codes that name nothing, because there is one such thing only or the person has just pointed at it; all others say
 * which file, folder, model, step or process they are about.
 */
const aboutTheOne: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cancelled', 'internal', 'request-invalid', 'nothing-to-clean', 'engine-unavailable', 'app-unreachable', 'training-unavailable',
  'training-running', 'training-not-found', 'training-interrupted', 'no-unfinished-training', 'job-not-found',
  'batch-running', 'batch-not-found', 'row-not-found', 'results-not-found', 'place-not-found', 'view-not-found',
]); // prettier-ignore

/** Words with which a sentence says what comes next. */
const advice: Readonly<Record<string, RegExp>> = {
  English:
    /(?:^|[.:;,] |, (?:or|then|and) )(?:“npm run setup” says|Add|add|Check|Choose|choose|Clean|Close|close|Convert|Cut|cut|Export|Free|Get|Go on|go on|Import|Leave|Look|Make|make|Move|move|Name|Nothing is missing|Open|Please report|Put|Remove|remove|Rename|Replace|Restore|Run|Save|Start|start|Stop|stop|Try|Wait|Both must|expected)\b/,
  Chinese: /请|应为|无需处理|两者必须/,
};

test.each(sentences)('$code says in $tongue what to do next', ({ code, tongue, text }) => {
  if (wished.has(code)) return expect(text.length).toBeLessThan(12);
  const found = advice[tongue.split(' ')[0]!]!.exec(text);
  expect([text, found === null]).toEqual([text, false]);
  // Not before what has happened was said.
  if (code !== 'argument-invalid') expect(found!.index).toBeGreaterThan(5);
});

test.each(sentences)('$code says in $tongue which thing it is about', ({ code, text }) => {
  const which = gapsIn(text).filter((gap) => gap !== 'reason');
  expect([text, which.length > 0 || aboutTheOne.has(code)]).toEqual([text, true]);
});

test.each(errorCodes)(
  '%s has the same gaps in both languages, so that neither leaves the reason out',
  (code) => {
    const inEnglish = new Set(gapsIn(windowErrorTexts[code] ?? errorTexts[code]));
    for (const gap of gapsIn(errorTextsZh[code])) expect([code, inEnglish]).toEqual([code, expect.toSatisfy((all: Set<string>) => all.has(gap))]); // prettier-ignore
    expect(gapsIn(errorTextsZh[code]).includes('reason')).toBe(inEnglish.has('reason'));
  },
);

/** What libraries and Node throw, as it comes. */
const traces = [
  "Cannot read properties of undefined (reading 'width')\n    at decode (/home/me/engine.js:10:5)\n    at async Promise.all (index 0)",
  'spawn ENOENT\n    at ChildProcess._handle.onexit (node:internal/child_process:285:19)',
  '    at a (b.js:1:1)\n    at c (d.js:2:2)',
  'node:internal/process/promises:288\n            triggerUncaughtException(err, true);\n            ^\n\nboom',
  'x'.repeat(100_000),
  '',
];

const everyDetail = (text: string, reason: Detail): Details =>
  Object.fromEntries(gapsIn(text).map((gap) => [gap, gap === 'reason' ? reason : 'a.png']));

test.each(traces)('no sentence shows a trace of the program, whatever was thrown: %#', (message) => {
  const thrown = failureOf(new Error(message));
  expect(thrown.code).toBe('internal');
  const { reason } = thrown.details;
  for (const { code, tongue, text } of sentences) {
    const spoken = fillIn(text, everyDetail(text, reason!), tongue === 'Chinese' ? phraseTextsZh : undefined);
    expect([code, spoken]).toEqual([code, expect.not.stringMatching(/\n|^\s*at |\.js:\d|node:internal|unknown error|未知错误|\[object|undefined\b(?! \()/i)]); // prettier-ignore
    expect(spoken.length).toBeLessThan(1200);
    expect(spoken).not.toMatch(/[(：:] ?[)。.]/);
  }
});

test('what is no error at all is told in words, too', () => {
  for (const thrown of [undefined, null, 7, { a: 1 }, Symbol('s')]) {
    const { code, message } = failureOf(thrown);
    expect([code, message.length < 900, message]).toEqual([
      'internal',
      true,
      expect.not.stringMatching(/\n/),
    ]);
  }
});

test('no sentence of the catalogue gives up with “unknown error”', () => {
  for (const { text } of sentences) expect(text).not.toMatch(/unknown error|error code|stack|未知错误|堆栈/i);
});

test('an error that lacks a detail shows the gap as a mark, not as a hole in the program', () => {
  expect(new AppError('image-damaged', { file: 'a.jpg' }).message).toBe(
    '“a.jpg” is damaged: …. Restore it from a backup, or clean it with --salvage to keep what can still be read.',
  );
  expect(fillIn('{reason}', { reason: phrase('verbatim', { text: 'x' }) })).toBe('x');
});
