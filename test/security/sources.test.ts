import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

const sourcesIn = (...folders: string[]): { file: string; text: string }[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:ts|svelte|html|js|mjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ file: relative(root, path), text: readFileSync(path, 'utf8') })),
  );

const found = (sources: readonly { file: string; text: string }[], pattern: RegExp): string[] =>
  sources.flatMap(({ file, text }) => (pattern.test(text) ? [`${file}: ${pattern.exec(text)?.[0]}`] : []));

test('S5: no source makes markup or program of a text', () => {
  const sources = sourcesIn(
    'renderer',
    'contract',
    'app',
    'web',
    'electron',
    'cli',
    'engine',
    'model',
    'storage',
  );
  expect(sources.length).toBeGreaterThan(200);
  expect(found(sources, /\{@html|\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write\(|\beval\(|new Function\(|srcdoc=|javascript:/)).toEqual([]); // prettier-ignore
});

test('S5: the built window holds no markup that a text could become part of, beyond what Svelte makes of templates', () => {
  const sources = sourcesIn('out/renderer');
  expect(sources.length).toBeGreaterThan(1);
  // Trusted types (S2) let no other text through.
  expect(found(sources, /document\.write\(|insertAdjacentHTML|\beval\(/)).toEqual([]);
});

test('S11: no source opens a connection: none but the browser host imports what could, and the page asks its own host alone', () => {
  const sources = sourcesIn('app', 'cli', 'engine', 'model', 'storage', 'contract', 'electron');
  expect(
    found(sources, /from '(?:node:)?(?:http|https|http2|net|tls|dgram|dns|undici)(?:\/[a-z]+)?'/),
  ).toEqual([]);
  expect(found(sources, /\bfetch\('https?:|new WebSocket\(|XMLHttpRequest|sendBeacon/)).toEqual([]);
  expect(found(sourcesIn('renderer'), /https?:\/\/(?!www\.w3\.org\/)[a-z]/)).toEqual([]);
});

test('S16: nothing of Node that starts programs is in what decodes pictures', () => {
  expect(found(sourcesIn('engine', 'model'), /child_process|node:cluster/)).toEqual([]);
});
