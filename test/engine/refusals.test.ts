import { readdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, type TestContext } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { fillIn } from '../../contract/texts/fill-in.ts';
import { phraseTextsZh } from '../../contract/texts/phrases-zh-hans.ts';
import { errorTextsZh, noticeTextsZh } from '../../contract/texts/zh-hans.ts';
import { decodePage } from '../../engine/images/decode.ts';
import { openImage } from '../../engine/images/open.ts';
import { prepareSharp } from '../../engine/images/prepare.ts';
import { checkModel } from '../../engine/jobs/check-model.ts';
import { readError } from '../../app/inputs/read-error.ts';
import { writeError } from '../../storage/write-error.ts';
import { foreignWords } from '../contract/foreign-words.ts';
import { testData } from '../fixtures/test-data.ts';

beforeAll(() => prepareSharp());

const fixtures = join(import.meta.dirname, '../fixtures/hostile');

function inChinese({ code, details }: AppError): string {
  return fillIn(errorTextsZh[code], details, phraseTextsZh);
}

/** What a Chinese reader is told of each file that cannot be read, and of each that can with a note. */
async function sentencesOf(folder: string): Promise<string[]> {
  const sentences: string[] = [];
  for (const name of readdirSync(folder)) {
    try {
      const image = await openImage(join(folder, name));
      for (let page = 0; page < Math.min(2, image.summary.pages); page++) {
        const { notices } = await decodePage(image, page);
        sentences.push(
          ...notices.map(({ code, details }) => fillIn(noticeTextsZh[code], details, phraseTextsZh)),
        );
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      sentences.push(inChinese(error));
    }
  }
  return sentences;
}

test('damaged and strange files made for the tests are refused in the language of the reader', async () => {
  const sentences = await sentencesOf(join(fixtures, 'made'));
  expect(sentences.length).toBeGreaterThan(0);
  for (const sentence of sentences) expect([sentence, foreignWords(sentence)]).toEqual([sentence, []]);
});

for (const part of ['made', 'thirdparty']) {
  test(`so are the hostile files of the test pictures, ${part}`, async (context: TestContext) => {
    const sentences = await sentencesOf(testData(context, 'hostile', part));
    expect(sentences.length).toBeGreaterThan(0);
    for (const sentence of sentences) expect([sentence, foreignWords(sentence)]).toEqual([sentence, []]);
  });
}

test('so are the kinds of files that are no picture', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unspeckle-kinds-'));
  const beginnings = {
    ...{
      pdf: '%PDF-1.7',
      zip: 'PK\x03\x04',
      raw: 'FUJIFILMCCD-RAW',
      psd: '8BPS',
      text: 'plain words and more of them',
    },
    ...{
      json: '{"a": 1, "b": [2, 3]}',
      page: '<!doctype html><html><body>x</body></html>',
      exr: 'v/1\x01',
      bmp: 'BM',
    },
  };
  for (const [name, text] of Object.entries(beginnings)) {
    writeFileSync(join(folder, name), Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(64, 1)]));
  }
  const sentences = await sentencesOf(folder);
  expect(sentences).toHaveLength(Object.keys(beginnings).length);
  for (const sentence of sentences) expect([sentence, foreignWords(sentence)]).toEqual([sentence, []]);
});

test('so are hostile models', async () => {
  for (const name of readdirSync(join(fixtures, 'models'))) {
    const error: unknown = await checkModel({ folder: join(fixtures, 'models', name) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AppError);
    expect([name, foreignWords(inChinese(error as AppError))]).toEqual([name, []]);
  }
});

test.each([
  'ENOSPC',
  'EACCES',
  'ENOENT',
  'ENOTDIR',
  'EROFS',
  'EISDIR',
  'EFBIG',
  'ENAMETOOLONG',
  'EIO',
  'EBUSY',
  'ELOOP',
])('so is what the system says of a file: %s', (code) => {
  const thrown = Object.assign(new Error('words of the system'), { code });
  for (const error of [writeError(thrown, '/a/b.png'), readError(thrown, '/a/b.png')]) {
    expect(foreignWords(inChinese(error as AppError))).toEqual([]);
  }
});
