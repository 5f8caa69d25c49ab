import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { phrase } from '../../contract/texts/fill-in.ts';
import { trainingConfig } from '../../contract/train.ts';
import { countPages } from '../../engine/training/count-pages.ts';
import type { FoundPicture } from '../../engine/training/find-pictures.ts';
import { matchPairs, suggestPairs } from '../../engine/training/pair-pictures.ts';
import { splitByFile } from '../../engine/training/training-data.ts';
import { Random } from '../../model/noise/random.ts';
import { ascii, long, makeTiff, plainPage } from '../fixtures/pictures-tiff.ts';
import { scratchFolder, writeGarbage } from './train-fixtures.ts';

const found = (name: string, page = 0, pages = 1): FoundPicture => ({
  path: `/pictures/${name}`,
  source: 0,
  name,
  page,
  pages,
  bytes: 1,
  modifiedMs: 1,
});

function matched(names: readonly string[], noisy: string, clean: string) {
  const { pairs, odd } = matchPairs(
    names.map((name) => found(name)),
    { noisy, clean },
  );
  return {
    pairs: pairs.map((pair) => [pair.noisy.name, pair.clean.name]),
    odd: odd.map(({ picture }) => picture.name),
  };
}

describe('pairs are found', () => {
  test.each([
    ['subfolders', 'noisy/*', 'clean/*', ['noisy/a.jpg', 'clean/a.png', 'clean/b.png'], [['noisy/a.jpg', 'clean/a.png']], ['clean/b.png']],
    ['subfolders in depth, whatever their case', 'noisy/*', 'clean/*', ['room/Noisy/A.tif', 'room/clean/a.TIF'], [['room/Noisy/A.tif', 'room/clean/a.TIF']], []],
    ['suffixes', '*_real', '*_mean', ['x_real.png', 'x_mean.png', 'y_real.png', 'z.png'], [['x_real.png', 'x_mean.png']], ['z.png', 'y_real.png']],
    ['prefixes', 'n-*', 'c-*', ['n-1.png', 'c-1.png'], [['n-1.png', 'c-1.png']], []],
    ['a suffix on one side only', '*', '*_clean', ['1.png', '1_clean.png', '2.png'], [['1.png', '1_clean.png']], ['2.png']],
  ])('by %s', (_, noisy, clean, names, pairs, odd) => {
    expect(matched(names, noisy, clean)).toEqual({ pairs, odd });
  }); // prettier-ignore

  test('across two folders that were chosen for the two sides', () => {
    const chosen = ['/p/Noisy/room/1.png', '/p/Noisy/2.png', '/q/clean/room/1.tif', '/q/clean/3.png'].map(
      (path): FoundPicture => {
        const source = path.startsWith('/p') ? 0 : 1;
        return { ...found(path.slice(9)), path, source };
      },
    );
    const { pairs, odd } = matchPairs(chosen, { noisy: 'noisy/*', clean: 'clean/*' });
    expect(pairs.map(({ noisy, clean }) => [noisy.path, clean.path])).toEqual([
      ['/p/Noisy/room/1.png', '/q/clean/room/1.tif'],
    ]);
    expect(odd.map(({ picture }) => picture.path)).toEqual(['/p/Noisy/2.png', '/q/clean/3.png']);
    expect(suggestPairs(chosen)).toEqual({ noisy: 'noisy/*', clean: 'clean/*' });
  });

  test('never across two scenes of the same picture name', () => {
    expect(matched(['a/noisy/1.png', 'b/clean/1.png'], 'noisy/*', 'clean/*').pairs).toEqual([]);
  });

  test('never twice for one name: the second is odd', () => {
    const { pairs, odd } = matched(['noisy/1.png', 'noisy/1.jpg', 'clean/1.png'], 'noisy/*', 'clean/*');
    expect([pairs.length, odd]).toEqual([1, ['noisy/1.jpg']]);
  });

  test('page by page, where both have as many', () => {
    const stack = [0, 1].flatMap((page) => [found('noisy/s.tif', page, 2), found('clean/s.tif', page, 2)]);
    const { pairs } = matchPairs(stack, { noisy: 'noisy/*', clean: 'clean/*' });
    expect(pairs.map(({ noisy, clean }) => [noisy.page, clean.page])).toEqual([[0, 0], [1, 1]]); // prettier-ignore
    const uneven = [found('noisy/s.tif', 0, 2), found('noisy/s.tif', 1, 2), found('clean/s.tif')];
    const { pairs: none, odd } = matchPairs(uneven, { noisy: 'noisy/*', clean: 'clean/*' });
    expect(none).toEqual([]);
    expect(odd[0]!.reason).toEqual(phrase('pair-pages', { pages: 2, others: 1 }));
  });

  test.each([
    [['noisy/1.png', 'GT/1.png'], 'gt/*'],
    [['1_noisy.png', '1_clean.png'], '*_clean'],
    [['Canon_1_real.JPG', 'Canon_1_mean.JPG'], '*_mean'],
    [['1.png', '2.png'], null],
  ])('%j suggest the clean ones at %s', (names, clean) => {
    expect(suggestPairs(names.map((name) => found(name)))?.clean ?? null).toBe(clean);
  });
});

test.each([
  ['noisy/*', true],
  ['*_n', true],
  ['noisy', false],
  ['a/b/*', false],
  ['*/x', false],
  ['**', false],
])('the pattern %s is accepted: %s', (pattern, accepted) => {
  const config = {
    folders: ['/x'],
    name: 'x',
    network: { kind: 'classic', channels: 1 },
    length: { steps: 1 },
    pictures: { kind: 'pairs', noisy: pattern, clean: '*_c' },
  };
  expect(trainingConfig.safeParse(config).success).toBe(accepted);
});

test.each([
  { littleEndian: true, big: false },
  { littleEndian: false, big: true },
])('pages of a TIFF are counted (%j); what is none has one page', async (form) => {
  const folder = await scratchFolder();
  const page = plainPage({ width: 2, height: 2, channels: 1, samples: new Uint8Array(4) });
  await writeFile(join(folder, 'three.tif'), makeTiff({ ...form, pages: [page, page, page] }));
  await writeGarbage(join(folder, 'garbage.tif'));
  expect(await countPages(join(folder, 'three.tif'))).toBe(3);
  const stack = { 270: ascii('ImageJ=1.54f\nimages=5\n'), 279: long(4) };
  const first = { ...page, tags: { ...page.tags, ...stack }, chunks: [new Uint8Array(5 * 4)] };
  await writeFile(join(folder, 'unlisted.tif'), makeTiff({ ...form, pages: [first] }));
  expect(await countPages(join(folder, 'unlisted.tif'))).toBe(5);
  expect(await countPages(join(folder, 'garbage.tif'))).toBe(1);
  expect(await countPages(join(folder, 'absent.tif'))).toBe(1);
  expect(await countPages(join(folder, 'a.png'))).toBe(1);
});

describe('the split', () => {
  const sources = (files: number, pages: number) =>
    Array.from({ length: files * pages }, (_, i) => ({
      picture: found(`${Math.floor(i / pages)}.tif`, i % pages, pages),
      clean: null,
    }));

  test('keeps all pages of a file on one side', () => {
    const { training, validation } = splitByFile(sources(5, 4), 0.2, new Random(1));
    expect([training.length, validation.length]).toEqual([16, 4]);
    expect(new Set(validation.map(({ picture }) => picture.name)).size).toBe(1);
  });

  test('parts the pages of an only stack', () => {
    const { training, validation } = splitByFile(sources(1, 20), 0.1, new Random(1));
    expect([training.length, validation.length]).toEqual([18, 2]);
  });
});
