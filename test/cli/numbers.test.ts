import { expect, test } from 'vitest';
import {
  bytesText,
  durationText,
  factorText,
  longDurationText,
  sigmaText,
  speedText,
} from '../../cli/numbers.ts';
import { shellQuoted, shown, startFolder } from '../../cli/places.ts';
import { table } from '../../cli/table.ts';

test.each([
  [0, '0.00 s'],
  [1.234, '1.23 s'],
  [9.99, '9.99 s'],
  [12.34, '12.3 s'],
  [99.94, '99.9 s'],
  [99.96, '1 min 40 s'],
  [125, '2 min 05 s'],
  [3599.6, '1 h 00 min'],
  [2 * 3600 + 5 * 60, '2 h 05 min'],
])('%d seconds are shown as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('time left is shown in whole seconds and never below none', () => {
  expect(longDurationText(4.4)).toBe('4 s');
  expect(longDurationText(-3)).toBe('0 s');
});

test('a noise factor is shown on both scales', () => {
  expect(factorText(25 / 255)).toBe('0.098');
  expect(sigmaText(25 / 255)).toBe('25.0');
});

test.each([
  [2, 1, '2.00 MP/s'],
  [24, 2, '12.0 MP/s'],
  [0.262, 60, '0.004 MP/s'],
  [24, 0, '– MP/s'],
])('%d megapixels in %d s are %s', (megapixels, seconds, text) => {
  expect(speedText(megapixels, seconds)).toBe(text);
});

test.each([
  [999, '999 B'],
  [1500, '1.5 kB'],
  [2_400_000, '2.4 MB'],
  [8e9, '8.0 GB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('a path is shown from where the person is, or whole where it lies elsewhere', () => {
  expect(shown('/pictures/a/b.png', '/pictures')).toBe('a/b.png');
  expect(shown('/pictures', '/pictures')).toBe('.');
  expect(shown('/other/b.png', '/pictures')).toBe('/other/b.png');
  expect(shown('/pictures/..b.png', '/pictures')).toBe('..b.png');
});

test('a path can be pasted into a shell', () => {
  expect(shellQuoted('/a/b-1.json')).toBe('/a/b-1.json');
  expect(shellQuoted("/a b/it's")).toBe(String.raw`'/a b/it'\''s'`);
});

test('through its own npm script, paths begin where npm was called; elsewhere in the current folder', () => {
  const npm = { npm_package_name: 'unspeckle', INIT_CWD: '/person' };
  expect(startFolder({ ...npm, npm_lifecycle_event: 'unspeckle' }, () => '/program')).toBe('/person');
  expect(startFolder({ ...npm, npm_lifecycle_event: 'test' }, () => '/program')).toBe('/program');
  expect(startFolder({ ...npm, npm_package_name: 'other', npm_lifecycle_event: 'demo' }, () => '/x')).toBe(
    '/x',
  );
});

test('S17: a current folder that is gone is told, without a trace of the program', () => {
  const gone = () => {
    throw new Error('ENOENT: no such file or directory, uv_cwd');
  };
  expect(() => startFolder({ PWD: '/was/here' }, gone)).toThrow('Nothing is found at “/was/here”');
});

test('the columns of a table line up, also with wide characters', () => {
  const lines = table(
    [{ title: 'A' }, { title: 'N', align: 'right' }],
    [
      ['画像', '1'],
      ['abcd', '22'],
    ],
  );
  expect(lines).toEqual(['A      N', '画像   1', 'abcd  22']);
});
